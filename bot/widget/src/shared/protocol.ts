// The messages between the loader on the host page and the chat in its frame.

export type ToChat =
  | { klantkompas: "session"; token: string | null }
  | { klantkompas: "read"; position: number | null }
  | { klantkompas: "draft"; text: string }
  | { klantkompas: "shown"; shown: boolean; focus: boolean }
  | { klantkompas: "ask"; text: string };

export type ToHost =
  | { klantkompas: "ready" }
  | { klantkompas: "session"; token: string }
  | { klantkompas: "read"; position: number }
  | { klantkompas: "draft"; text: string }
  | { klantkompas: "close" }
  | { klantkompas: "unread"; number: number };

export function isMessage(data: unknown): data is { klantkompas: string } {
  return typeof data === "object" && data !== null && typeof (data as { klantkompas?: unknown }).klantkompas === "string";
}
