// The conversation as plain text, to copy or save.
import { localized } from "./config";
import { speaker } from "./message";
import { lines } from "./plain";
import type { Language } from "../shared/language";
import type { AdvisorMessage, Message, Section } from "./types";

export function transcript(messages: Message[], language: Language): string {
  const time = new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "short" });
  const parts = messages.map((message) => {
    const author = message.author === "visitor" ? localized(language, "you") : speaker(message);
    const text = message.author === "visitor" ? message.text.trim() : answer(message);
    return `${author} (${time.format(new Date(message.at))})\n${text}`;
  });
  return `${parts.join("\n\n")}\n`;
}

/** All that an answer says, with every tab of its card. */
function answer(message: AdvisorMessage): string {
  const { title, funnel, sections, card, closing, sources } = message;
  const paragraphs = (parts: Section[]): string[] => parts.map((part) => lines(part, true).join("\n"));
  const tabs = card.map((tab) => [tab.title.toUpperCase(), ...paragraphs(tab.sections)].join("\n"));
  return [title, funnel?.label, ...paragraphs(sections), ...tabs, ...paragraphs(closing), sources].filter(Boolean).join("\n\n");
}

export function save(text: string, name: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  Object.assign(document.createElement("a"), { href: address, download: `${name}.txt` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
