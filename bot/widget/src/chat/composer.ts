// The box in which the visitor writes: Vaadin's message input, kept from sending too early or too much.
import "@vaadin/message-input";
import { type TemplateResult, html, nothing } from "lit";
import { ref } from "lit/directives/ref.js";
import { live } from "lit/directives/live.js";
import { config, localized } from "./config";
import { mistake, prepare } from "./field";
import type { Language } from "../shared/language";
import type { AdvisorMessage } from "./types";

export interface ComposerActions {
  submit(text: string): void;
  typed(text: string): void;
}

/** The box, with `before` at its start; below it what is wrong, and the number of characters left when few are. */
export function composer(
  draft: string,
  language: Language,
  actions: ComposerActions,
  before: TemplateResult,
  field: AdvisorMessage | null,
): TemplateResult {
  const left = config.maxLength - draft.length;
  const asked = field?.asked;
  const name = asked?.label ? `${asked.label}, ${asked.step}` : localized(language, "write");
  return html`
    <vaadin-message-input
      class=${asked?.wrong ? "invalid" : ""}
      ${ref((input) => void prepare(input, asked))}
      .i18n=${{ send: localized(language, "send"), message: name }}
      .value=${live(draft)}
      @keydown=${{ handleEvent: (event: KeyboardEvent) => hold(event, left < 0), capture: true }}
      @submit=${(event: CustomEvent<{ value: string }>) => actions.submit(event.detail.value)}
      @input=${(event: Event) => actions.typed((event.target as HTMLTextAreaElement).value ?? "")}
    >
      ${before}
      <vaadin-message-input-button slot="button" .disabled=${live(!draft.trim() || left < 0)}></vaadin-message-input-button>
    </vaadin-message-input>
    ${mistake(field)}
    ${left > config.maxLength / 10 ? nothing : counter(left, language)}
  `;
}

/** Keeps Enter from Vaadin while an input method composes a word, and while the message is too long. */
function hold(event: KeyboardEvent, tooLong: boolean): void {
  if (event.key !== "Enter" || event.shiftKey) return;
  const composing = event.isComposing || event.keyCode === 229; // 229: Safari ends the composition before the key
  if (composing || tooLong) event.stopPropagation();
  if (tooLong && !composing) event.preventDefault();
}

function counter(left: number, language: Language): TemplateResult {
  const key = left >= 0 ? "characters_left" : "characters_over";
  return html`<p class="counter ${left < 0 ? "over" : ""}" role="status">
    ${localized(language, key, { number: Math.abs(left) })}
  </p>`;
}
