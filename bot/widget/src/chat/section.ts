// How a part of an answer looks. Texts of the knowledge base are Markdown, which Vaadin's component sanitises; what a
// visitor typed is only ever put in as text.
import "@vaadin/markdown";
import { type TemplateResult, html, nothing } from "lit";
import type { Section } from "./types";

export function section(part: Section): TemplateResult {
  return html`<section class="part">
    ${part.title ? html`<h4>${part.title}</h4>` : nothing}
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
  return html`<table>
    <thead>
      <tr>${part.columns.map((column) => html`<th scope="col">${column}</th>`)}</tr>
    </thead>
    <tbody>
      ${part.rows.map(
        ([name, ...rest]) => html`<tr><th scope="row">${name}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`,
      )}
    </tbody>
  </table>`;
}
