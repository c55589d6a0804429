// The buttons of the advisor's last message, in sight above the box, with the question that they answer.
import { type TemplateResult, html, nothing } from "lit";
import { localized } from "./config";
import type { Conversation } from "./conversation";
import { section } from "./section";
import type { AdvisorMessage } from "./types";

/** The message whose buttons are shown: the last one, unless a message of the visitor follows it. */
export function offering(conversation: Conversation): AdvisorMessage | null {
  const { last, sending } = conversation;
  return last?.author === "advisor" && last.replies.length && !sending ? last : null;
}

export function choices(message: AdvisorMessage | null, choose: (reply: number) => void): TemplateResult | typeof nothing {
  if (!message) return nothing;
  const { language, position, closing, replies } = message;
  return html`<div class="choices ${position === 1 ? "opening" : ""}" role="group" aria-label=${localized(language, "choices")} lang=${language}>
    ${closing.map(section)}
    <ul>
      ${replies.map((reply, at) => html`<li><button type="button" class="choice" @click=${() => choose(at)}>${reply}</button></li>`)}
    </ul>
  </div>`;
}
