// Renders the messages of visitor and advisor.
import { type TemplateResult, html, nothing } from "lit";
import { card } from "./card";
import { localized } from "./config";
import { funnel } from "./funnel";
import type { Language } from "../shared/language";
import { journey } from "./journey";
import { timeOfDay } from "./moments";
import { section } from "./section";
import type { AdvisorMessage, Message, VisitorMessage } from "./types";
import { type VoteActions, votes } from "./votes";

export interface MessageActions extends VoteActions {
  copyNumber(number: string): void;
}

export function visitorMessage(message: VisitorMessage, language: Language): TemplateResult {
  return html`<li class="message visitor" data-position=${message.position}>
    <span class="hidden">${localized(language, "you")}, ${timeOfDay(message.at, language)}:</span>
    <p class="bubble">${message.text}</p>
    ${time(message, language)}
  </li>`;
}

/** What of an answer stands in the log, and not at the box: its closing question, all of it. */
interface Parts {
  closing: boolean;
  hidden: boolean | undefined;
  /** The visitor is asked why it did not help. */
  asksWhy: boolean;
}

/** Who says it: the advisor, or a person of the team by first name. */
export function speaker(message: AdvisorMessage): string {
  return message.from_team && message.person ? message.person : localized(message.language, "advisor");
}

export function advisorMessage(message: AdvisorMessage, actions: MessageActions, parts: Parts): TemplateResult {
  const { language } = message;
  return html`<li class="message advisor" ?hidden=${parts.hidden} data-position=${message.position} lang=${language}>
    ${message.from_team ? html`<span class="person" aria-hidden="true">${message.person}</span>` : nothing}
    <span class="hidden">${speaker(message)}, ${timeOfDay(message.at, language)}:</span>
    <div class="bubble ${message.receipt ? "receipt" : ""}">
      ${content(message)}
      ${message.receipt ? copyNumber(message.receipt, language, actions) : nothing}
      ${parts.closing ? message.closing.map(section) : nothing}
      ${message.sources ? html`<p class="sources">${message.sources}</p>` : nothing}
    </div>
    ${message.rateable ? votes(message, actions, parts.asksWhy) : nothing} ${time(message, language)}
  </li>`;
}

/** The time below a message, while somebody points at it; screen readers hear it before the message. */
function time({ at }: Message, language: Language): TemplateResult {
  return html`<time datetime=${at} aria-hidden="true">${timeOfDay(at, language)}</time>`;
}

/** A diagnosis begins with what to do, and explains it below; other answers explain first. */
function content(message: AdvisorMessage): unknown[] {
  const { title, diagnosis } = message;
  const heading = title ? html`<h2>${title}</h2>` : nothing;
  const pictures = [message.journey ? journey(message.journey) : nothing, message.funnel ? funnel(message.funnel) : nothing];
  const advice = message.card.length ? card(message) : nothing;
  const sections = message.sections.map(section);
  const explanation = title ? [pictures, sections] : [sections, pictures];
  return diagnosis ? [heading, pictures, advice, sections] : [heading, explanation, advice];
}

function copyNumber(number: string, language: Language, actions: MessageActions): TemplateResult {
  return html`<button type="button" class="copy" @click=${() => actions.copyNumber(number)}>
    ${localized(language, "copy_number")}
  </button>`;
}
