// An answer in plain text, as lines: for the transcript and for screen readers. The same parts as section.ts draws.
import { marked } from "marked";
import type { Section } from "./types";

/** The text of Markdown, without its marks; a link keeps its address if `links`. */
export function plain(markdown: string, links = false): string {
  const { body } = new DOMParser().parseFromString(marked.parse(markdown, { async: false }), "text/html");
  if (links) for (const link of body.querySelectorAll("a")) link.append(` (${link.href})`);
  return (body.textContent ?? "").replace(/\s+/g, " ").trim();
}

export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The lines of a section: its title, text, list and table. */
export function lines(section: Section, links = false): string[] {
  const { title, text, items, ordered, quotes, value, columns, rows } = section;
  const quoted = quotes.map((quote) => `“${quote}”`).join(", ");
  const lead = [text && plain(text, links), quoted, value].filter(Boolean).join(" ");
  return [
    title ?? "",
    lead,
    ...items.map((item, at) => `${ordered ? `${at + 1}.` : "-"} ${plain(item, links)}`),
    ...rows.map(([name, ...cells]) => `${name}: ${cells.map((cell, at) => named(columns[at + 1], cell)).join("; ")}`),
  ].filter(Boolean);
}

function named(column: string | undefined, cell: string): string {
  return column ? `${column}: ${cell}` : cell;
}
