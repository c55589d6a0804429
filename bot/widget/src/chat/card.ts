// The card about a phase: where to begin, channels, message, measurement, a page each.
import "@vaadin/tabsheet";
import { type TemplateResult, html } from "lit";
import { section } from "./section";
import type { AdvisorMessage } from "./types";

export function card(message: AdvisorMessage): TemplateResult {
  const id = (at: number): string => `tab-${message.position}-${at}`;
  return html`<vaadin-tabsheet class="card" theme="no-padding no-border">
    <vaadin-tabs slot="tabs" aria-label=${message.title ?? ""}>
      ${message.card.map((tab, at) => html`<vaadin-tab id=${id(at)}>${tab.title}</vaadin-tab>`)}
    </vaadin-tabs>
    ${message.card.map((tab, at) => html`<div tab=${id(at)}>${tab.sections.map(section)}</div>`)}
  </vaadin-tabsheet>`;
}
