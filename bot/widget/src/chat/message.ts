// Renders the messages of visitor and advisor.
import { type TemplateResult, html, nothing } from "lit";
import { card } from "./card";
import { localized } from "./config";
import { funnel } from "./funnel";
import type { Language } from "../shared/language";
import { picture } from "./journey";
import { section } from "./section";
import type { AdvisorMessage, VisitorMessage, Vote } from "./types";

export interface MessageActions {
  vote(message: AdvisorMessage, vote: Vote): void;
}

export function timeOfDay(at: string, language: Language): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(new Date(at));
}

export function visitorMessage(message: VisitorMessage, language: Language): TemplateResult {
  return html`<li class="message visitor" data-position=${message.position}>
    <span class="hidden">${localized(language, "you")}, ${timeOfDay(message.at, language)}:</span>
    <p class="bubble">${message.text}</p>
  </li>`;
}

/** Who says it: the advisor, or a person of the team by first name. */
export function speaker(message: AdvisorMessage): string {
  return message.from_team && message.person ? message.person : localized(message.language, "advisor");
}

export function advisorMessage(message: AdvisorMessage, actions: MessageActions): TemplateResult {
  const { language } = message;
  return html`<li class="message advisor" data-position=${message.position} lang=${language}>
    ${message.from_team ? html`<span class="person" aria-hidden="true">${message.person}</span>` : nothing}
    <span class="hidden">${speaker(message)}, ${timeOfDay(message.at, language)}:</span>
    <div class="bubble">
      ${message.title ? html`<h2>${message.title}</h2>` : nothing}
      ${message.journey ? picture(message.journey) : nothing}
      ${message.funnel ? funnel(message.funnel) : nothing}
      ${message.sections.map(section)}
      ${message.card.length ? card(message) : nothing}
      ${message.closing.map(section)}
      ${message.sources ? html`<p class="sources">${message.sources}</p>` : nothing}
    </div>
    ${message.rateable ? thumbs(message, actions) : nothing}
  </li>`;
}

const THUMB = "M7 10v10H4V10Z M7 10l4-7c1.5 0 2.5 1 2.3 2.6L13 9h5.5a2 2 0 0 1 2 2.4l-1.3 7a2 2 0 0 1-2 1.6H7";

function thumbs(message: AdvisorMessage, actions: MessageActions): TemplateResult {
  const { language } = message;
  const thumb = (vote: "up" | "down", label: string): TemplateResult => html`<button
    type="button"
    class="thumb ${vote}"
    aria-pressed=${message.vote === vote}
    aria-label=${localized(language, label)}
    title=${localized(language, label)}
    @click=${() => actions.vote(message, message.vote === vote ? null : vote)}
  >
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d=${THUMB} /></svg>
  </button>`;
  return html`<div class="thumbs" role="group" aria-label=${localized(language, "feedback_asked")}>
    ${thumb("up", "helpful")}${thumb("down", "not_helpful")}
    ${message.vote ? html`<span class="thanks">${localized(language, "feedback_thanks")}</span>` : nothing}
  </div>`;
}
