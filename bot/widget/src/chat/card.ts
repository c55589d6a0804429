// The card about a phase: first steps, channels, message and measurement, each in a tab; on paper, where there is
// nothing to press, below one another.
import "@github/tab-container-element";
import { type TemplateResult, html } from "lit";
import { section, shortened } from "./section";
import type { AdvisorMessage } from "./types";

export function card(message: AdvisorMessage): TemplateResult {
  const id = (kind: string, at: number): string => `${kind}-${message.position}-${at}`;
  return html`<tab-container class="card">
    <div role="tablist" aria-label=${message.title ?? ""}>
      ${message.card.map(
        (tab, at) => html`<button
          type="button"
          role="tab"
          id=${id("tab", at)}
          aria-controls=${id("panel", at)}
          aria-selected=${at === 0}
        >${tab.title}</button>`,
      )}
    </div>
    ${message.card.map(
      (tab, at) => html`<div role="tabpanel" id=${id("panel", at)} aria-labelledby=${id("tab", at)} ?hidden=${at > 0}>
        ${tab.sections.map((part) => shortened(part, message.language))}
      </div>`,
    )}
  </tab-container>
  <div class="paper">${message.card.map((tab) => html`<h3>${tab.title}</h3>${tab.sections.map(section)}`)}</div>`;
}
