export type Language = "nl" | "en";

/** The first of some language tags that is supported; Dutch if none is. */
export function supported(...tags: (string | null | undefined)[]): Language {
  for (const tag of tags) {
    const language = tag?.slice(0, 2).toLowerCase();
    if (language === "nl" || language === "en") return language;
  }
  return "nl";
}

/** A text with {placeholders} filled in. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, key: string) => String(values[key] ?? whole));
}
