// What the server sends: see bot/presentation/website.py and bot/chat/website/channel.py.
import type { Language } from "../shared/language";
import type { Happening } from "../shared/protocol";

export interface Section {
  title: string | null;
  text: string | null;
  items: string[];
  ordered: boolean;
  quotes: string[];
  value: string | null;
  columns: string[];
  rows: string[][];
}

export interface Journey {
  label: string;
  phases: { id: string; name: string; nickname: string; marked: boolean }[];
  stages: { name: string; from: number; to: number; marked: boolean }[];
}

export interface Funnel {
  label: string;
  leak: string;
  bars: {
    name: string;
    value: string;
    width: number;
    rate: string | null;
    usual: number | null;
    usual_rate: string | null;
    leaks: boolean;
  }[];
}

export interface Tab {
  title: string;
  sections: Section[];
}

/** A field of a form. */
export interface Asked {
  form: string;
  /** How far the form is, in words, and as a number `of` so many. */
  step: string;
  number: number;
  of: number;
  label: string;
  kind: "email" | "url" | "name" | "text";
  example: string | null;
  /** The value that was typed can't be right. */
  wrong: boolean;
}

export type Vote = "up" | "down" | null;
export const REASONS = ["misunderstood", "not_fitting", "unclear", "known"] as const;
/** Why an answer did not help. */
export type Reason = (typeof REASONS)[number];

export interface VisitorMessage {
  author: "visitor";
  position: number;
  at: string;
  id: string;
  text: string;
}

export interface AdvisorMessage {
  author: "advisor";
  position: number;
  at: string;
  language: Language;
  title: string | null;
  sections: Section[];
  /** Whether it says what the problem is, with a card about it. */
  diagnosis: boolean;
  journey: Journey | null;
  funnel: Funnel | null;
  card: Tab[];
  closing: Section[];
  sources: string | null;
  replies: string[];
  asked: Asked | null;
  /** The number of the request that was sent. */
  receipt: string | null;
  text: string;
  rateable: boolean;
  vote: Vote;
  reason: Reason | null;
  /** What the host page is told about it. */
  events: Happening[];
  /** First name of the person of the team who has the conversation. */
  person: string | null;
  /** That person writes this; else it is the advisor. */
  from_team: boolean;
  /** Position of the message that this one replaces, since it was edited or, without sections, deleted. */
  revises: number | null;
}

export type Message = VisitorMessage | AdvisorMessage;

/** A button that the visitor pressed: the message it stood under, and its place there. */
export interface Press {
  position: number;
  reply: number;
}
