import type { Language } from "../shared/language";

type Key =
  | "open"
  | "close"
  | "unread"
  | "title"
  | "subtitle"
  | "loading"
  | "unreachable"
  | "again";

export type Texts = Record<Key, string>;

/** The server replaces this by the texts of the knowledge base: see bot/chat/website/pages.py. */
export const TEXTS = "__TEXTS__" as unknown as Record<Language, Texts>;
