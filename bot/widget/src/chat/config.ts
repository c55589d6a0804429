// The configuration that the server writes into the page: see bot/chat/website/pages.py.
import { type Language, fill, supported } from "../shared/language";

interface Config {
  /** Origin of the page that shows the chat in a frame; null for the full-window page. */
  host: string | null;
  language: Language | null;
  accent: string;
  theme: "auto" | "light" | "dark";
  maxLength: number;
  /** Bytes of a report. */
  maxReport: number;
  texts: Record<Language, Record<string, string>>;
}

export const config = JSON.parse(document.getElementById("configuration")?.textContent ?? "{}") as Config;

export const firstLanguage = supported(config.language, ...navigator.languages);

/** A text of widget.yml in a language, with its placeholders filled in. */
export function localized(language: Language, key: string, values: Record<string, string | number> = {}): string {
  return fill(config.texts[language][key] ?? key, values);
}
