// Tells screen readers what the advisor says: once, in sentences, and only what is in sight.
import { localized } from "./config";
import { lines } from "./plain";
import type { AdvisorMessage } from "./types";

/** Milliseconds after which the words are taken away again, so that nobody comes across them while reading. */
const GONE_AFTER = 3000;

export class Announcer {
  private timer = 0;

  constructor(private readonly region: HTMLElement) {}

  say(message: AdvisorMessage): void {
    clearTimeout(this.timer);
    this.region.lang = message.language;
    this.region.textContent = spoken(message);
    this.timer = window.setTimeout(() => (this.region.textContent = ""), GONE_AFTER);
  }
}

/** The answer with the first tab of its card, then the buttons. */
export function spoken(message: AdvisorMessage): string {
  const { language, title, sections, card, closing, replies } = message;
  const parts = [...sections, ...(card[0]?.sections ?? []), ...closing].flatMap((part) => lines(part));
  const said = [message.from_team ? `${message.person}:` : "", title ?? "", ...parts].map((line) => sentence(line.replace(/^- /, "")));
  if (replies.length) {
    const key = replies.length === 1 ? "one_choice" : "number_of_choices";
    said.push(localized(language, key, { number: replies.length, choices: replies.join(", ") }));
  }
  return said.filter(Boolean).join(" ");
}

function sentence(text: string): string {
  return !text || /[.!?:…]["”’)]?$/.test(text) ? text : `${text}.`;
}
