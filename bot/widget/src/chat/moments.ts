// When messages were sent: the time of day on demand, and the day where another one begins.
import type { Language } from "../shared/language";
import { capitalized } from "./plain";
import type { Message } from "./types";

const DAY = 86_400_000;

export function timeOfDay(at: string, language: Language): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(new Date(at));
}

/** The name of the day on which a message was sent, if the one before it is of another day, or it is the first of an earlier one. */
export function newDay(message: Message, before: Message | undefined, language: Language): string | null {
  const days = daysAgo(message.at);
  const same = before ? daysAgo(before.at) === days : days === 0;
  return same ? null : nameOfDay(message.at, days, language);
}

function daysAgo(at: string): number {
  return Math.round((midnight(new Date()) - midnight(new Date(at))) / DAY);
}

function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

function nameOfDay(at: string, days: number, language: Language): string {
  const name =
    days < 2
      ? new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-days, "day")
      : new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" }).format(new Date(at));
  return capitalized(name);
}
