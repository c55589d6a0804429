// The conversation as plain text, to copy or save.
import { localized } from "./config";
import type { Language } from "../shared/language";
import type { Message } from "./types";

export function transcript(messages: Message[], language: Language): string {
  const time = new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "short" });
  const parts = messages.map((message) => {
    const author = localized(language, message.author === "visitor" ? "you" : "advisor");
    return `${author} (${time.format(new Date(message.at))})\n${message.text.trim()}`;
  });
  return `${parts.join("\n\n")}\n`;
}

export function save(text: string, name: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  Object.assign(document.createElement("a"), { href: address, download: `${name}.txt` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
