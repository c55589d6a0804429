// The thumbs under an answer, and the question why it did not help, which may be skipped.
import { type TemplateResult, html, nothing } from "lit";
import { localized } from "./config";
import { type AdvisorMessage, REASONS, type Reason, type Vote } from "./types";

export interface VoteActions {
  vote(message: AdvisorMessage, vote: Vote): void;
  /** Says why; with the comment, if any, that ends it. */
  explain(message: AdvisorMessage, reason: Reason | null, comment?: string): void;
  skip(): void;
}

const THUMB = "M7 10v10H4V10Z M7 10l4-7c1.5 0 2.5 1 2.3 2.6L13 9h5.5a2 2 0 0 1 2 2.4l-1.3 7a2 2 0 0 1-2 1.6H7";

export function votes(message: AdvisorMessage, actions: VoteActions, asksWhy: boolean): TemplateResult {
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
  return html`
    <div class="thumbs" role="group" aria-label=${localized(language, "feedback_asked")}>
    ${thumb("up", "helpful")}${thumb("down", "not_helpful")}
    ${message.vote && !asksWhy ? html`<span class="thanks" role="status">${localized(language, "feedback_thanks")}</span>` : nothing}
    </div>
    ${asksWhy ? question(message, actions) : nothing}`;
}

function question(message: AdvisorMessage, actions: VoteActions): TemplateResult {
  const text = (key: string): string => localized(message.language, key);
  const send = (event: Event): void => {
    event.preventDefault();
    const comment = new FormData(event.target as HTMLFormElement).get("comment") as string;
    actions.explain(message, message.reason, comment.trim());
  };
  const reason = (id: Reason): TemplateResult => html`<button
    type="button"
    aria-pressed=${message.reason === id}
    @click=${() => actions.explain(message, message.reason === id ? null : id)}
  >${text(`reason_${id}`)}</button>`;
  return html`<form class="why" @submit=${send}>
    <fieldset>
      <legend>${text("why_asked")}</legend>
      <div class="reasons">${REASONS.map(reason)}</div>
    </fieldset>
    <input name="comment" maxlength="500" autocomplete="off" aria-label=${text("why_comment")} placeholder=${text("why_comment")} />
    <button class="yes">${text("send")}</button>
    <button type="button" class="skip" @click=${actions.skip}>${text("skip")}</button>
  </form>`;
}
