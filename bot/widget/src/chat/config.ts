// The configuration that the server writes into the page: see bot/chat/website/pages.py.
import { type Language, fill, supported } from "../shared/language";

/** What makes the chat that of a site. */
interface Brand {
  name?: string;
  /** Address of the logo. */
  logo?: string;
  /** The first words of the chat, instead of the advisor's own. */
  greeting?: string;
  /** Whether "by Klantkompas" stands under the name. */
  credit?: boolean;
}

interface Config {
  /** Origin of the page that shows the chat in a frame; null for the full-window page. */
  host: string | null;
  language: Language | null;
  accent: string;
  theme: "auto" | "light" | "dark";
  brand: Brand;
  maxLength: number;
  /** Bytes of a report. */
  maxReport: number;
  texts: Record<Language, Record<string, string>>;
}

export const config = JSON.parse(document.getElementById("configuration")?.textContent ?? "{}") as Config;

// Opened outside its frame, the address would let anybody write a name and a greeting: those of a frame count in one.
export const brand: Brand = config.host === null || parent !== window ? config.brand : {};

if (brand.name) {
  for (const texts of Object.values(config.texts)) {
    texts["title"] = brand.name;
    if (brand.credit) texts["subtitle"] = texts["credit"] ?? "";
  }
}

export const firstLanguage = supported(config.language, ...navigator.languages);

/** A text of widget.yml in a language, with its placeholders filled in. */
export function localized(language: Language, key: string, values: Record<string, string | number> = {}): string {
  return fill(config.texts[language][key] ?? key, values);
}
