export type Language = "nl" | "en";

/** The first of some language tags that is supported; English if others are named, Dutch if none is. */
export function supported(...tags: (string | null | undefined)[]): Language {
  const languages = tags.flatMap((tag) => tag?.slice(0, 2).toLowerCase() || []);
  const found = languages.find((language): language is Language => language === "nl" || language === "en");
  return found ?? (languages.length ? "en" : "nl");
}

/** A text with {placeholders} filled in. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, key: string) => String(values[key] ?? whole));
}
