// Renders a section of an answer. Texts of the knowledge base are Markdown, which Vaadin's component sanitises; text of
// visitors is only ever inserted as text.
import "@vaadin/markdown";
import { type TemplateResult, html, nothing } from "lit";
import { marked } from "marked";
import type { Language } from "../shared/language";
import { localized } from "./config";
import type { Section } from "./types";

// E-mail addresses in texts ("naam@bedrijf.nl") are examples: only explicit Markdown links become links.
marked.use({ tokenizer: { url: () => undefined } });

/** Items of a list that are shown at once, where the rest can be asked for. */
const SHOWN = 3;

/** A section whose long list shows its first items, and the others when asked. */
export function shortened(part: Section, language: Language): TemplateResult {
  const rest = part.items.slice(SHOWN);
  if (part.ordered || !rest.length) return section(part);
  return html`${section({ ...part, items: part.items.slice(0, SHOWN) })}
    <details class="rest">
      <summary>${localized(language, "more_items", { number: rest.length })}</summary>
      <vaadin-markdown .content=${list({ ...part, items: rest })}></vaadin-markdown>
    </details>`;
}

export function section(part: Section): TemplateResult {
  return html`<section class="part">
    ${part.title ? html`<h3>${part.title}</h3>` : nothing}
    ${part.text || part.quotes.length || part.value ? lead(part) : nothing}
    ${part.items.length ? html`<vaadin-markdown .content=${list(part)}></vaadin-markdown>` : nothing}
    ${part.rows.length ? table(part) : nothing}
  </section>`;
}

function lead(part: Section): TemplateResult {
  const quotes = part.quotes.map((quote, at) => html`${at ? ", " : " "}“<q>${quote}</q>”`);
  return html`<div class="lead">
    ${part.text ? html`<vaadin-markdown .content=${part.text}></vaadin-markdown>` : nothing}${quotes}
    ${part.value ? html`<span class="value">${part.value}</span>` : nothing}
  </div>`;
}

function list(part: Section): string {
  return part.items.map((item, at) => `${part.ordered ? `${at + 1}.` : "-"} ${item}`).join("\n");
}

function table(part: Section): TemplateResult {
  // The roles keep the table's semantics where the style sheet stacks its cells.
  return html`<table role="table">
    <thead role="rowgroup">
      <tr role="row">${part.columns.map((column) => html`<th role="columnheader">${column}</th>`)}</tr>
    </thead>
    <tbody role="rowgroup">
      ${part.rows.map(
        ([name, ...rest]) => html`<tr role="row">
          <th role="rowheader">${name}</th>
          ${rest.map((cell) => html`<td role="cell">${cell}</td>`)}
        </tr>`,
      )}
    </tbody>
  </table>`;
}
