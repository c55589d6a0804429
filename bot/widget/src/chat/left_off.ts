// Where a returning visitor left off, from the conversation that is shown again.
import type { Message } from "./types";

/** Milliseconds of silence after which somebody comes back, instead of going on. */
const AWAY = 3_600_000;

export interface LeftOff {
  /** The problem that was named last. */
  problem: string;
  at: Date;
}

/** What it was about, if that is a while ago and nothing has been said since; null if no problem was named. */
export function leftOff(messages: Message[]): LeftOff | null {
  const last = messages.at(-1);
  if (!last || Date.now() - Date.parse(last.at) < AWAY) return null;
  const named = messages.findLast((message) => message.author === "advisor" && message.events.some(isDiagnosis));
  return named?.author === "advisor" && named.title ? { problem: named.title, at: new Date(last.at) } : null;
}

function isDiagnosis({ name }: { name: string }): boolean {
  return name === "diagnosed";
}
