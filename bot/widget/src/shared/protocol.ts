// The messages between the loader on the host page and the chat in its frame.
import type { Language } from "./language";
import type { WidgetEvents } from "./widget";

/** The page that shows the chat, as its browser knows it. */
export interface HostPage {
  address: string;
  title: string;
  referrer: string;
}

/** Something that happened in the chat, to be told to the host page. */
export type Happening = { [Name in keyof WidgetEvents]: { name: Name; detail: WidgetEvents[Name] } }[keyof WidgetEvents];

export type ToChat =
  | { klantkompas: "session"; token: string | null }
  | { klantkompas: "read"; position: number | null }
  | { klantkompas: "draft"; text: string }
  | { klantkompas: "shown"; shown: boolean; focus: boolean }
  | { klantkompas: "ask"; text: string }
  | { klantkompas: "language"; language: Language }
  | ({ klantkompas: "page" } & HostPage);

export type ToHost =
  | { klantkompas: "ready" }
  | { klantkompas: "session"; token: string }
  | { klantkompas: "read"; position: number }
  | { klantkompas: "draft"; text: string }
  | { klantkompas: "close" }
  | { klantkompas: "unread"; number: number }
  | { klantkompas: "event"; event: Happening };

export function isMessage(data: unknown): data is { klantkompas: string } {
  return typeof data === "object" && data !== null && typeof (data as { klantkompas?: unknown }).klantkompas === "string";
}
