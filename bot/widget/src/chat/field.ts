// What a form asks for: how far it is, and what the box needs to help filling it in.
import { type TemplateResult, html, nothing } from "lit";
import type { Conversation } from "./conversation";
import { lines } from "./plain";
import type { AdvisorMessage, Asked } from "./types";

export const WRONG = "wrong"; // id of the text about a value that can't be right

/** The last message, if it asks for a field of a form. */
export function asking({ last, sending }: Conversation): AdvisorMessage | null {
  return last?.author === "advisor" && last.asked && !sending ? last : null;
}

export function progress(asked: Asked | null | undefined): TemplateResult | typeof nothing {
  if (!asked) return nothing;
  const steps = Array.from({ length: asked.of }, (_, at) => html`<i class=${at < asked.number ? "done" : ""}></i>`);
  return html`<p class="progress"><b>${asked.form}</b> <span class="steps" aria-hidden="true">${steps}</span> ${asked.step}</p>`;
}

/** What is wrong with the value that was typed. */
export function mistake(message: AdvisorMessage | null): TemplateResult | typeof nothing {
  if (!message?.asked?.wrong) return nothing;
  const text = message.sections.flatMap((section) => lines(section)).join(" ");
  return html`<p class="wrong" id=${WRONG} lang=${message.language}>${text}</p>`;
}

const KEYBOARDS = { email: "email", url: "url", name: "text", text: "text" };
const KNOWN = { email: "email", url: "url", name: "name", text: "off" };

/** Vaadin's text area, as far as we use it. */
interface TextArea extends HTMLElement {
  placeholder: string;
  invalid: boolean;
  autocomplete: string;
  autocapitalize: string;
}

/** Prepares Vaadin's text area for the field: keyboard, completion, example, and whether the value was wrong. */
export async function prepare(input: Element | undefined, asked: Asked | null | undefined): Promise<void> {
  await (input as (Element & { updateComplete?: Promise<unknown> }) | undefined)?.updateComplete;
  const area = input?.querySelector<TextArea>("vaadin-text-area");
  const text = input?.querySelector("textarea");
  if (!area || !text) return;
  const kind = asked?.kind;
  const literal = kind === "email" || kind === "url";
  if (asked?.example) area.placeholder = asked.example;
  area.invalid = Boolean(asked?.wrong);
  text.inputMode = kind ? KEYBOARDS[kind] : "";
  area.autocapitalize = literal ? "none" : kind === "name" ? "words" : "sentences";
  area.autocomplete = kind ? KNOWN[kind] : "off";
  text.spellcheck = !kind || kind === "text";
  if (asked?.wrong) text.setAttribute("aria-describedby", WRONG);
  else text.removeAttribute("aria-describedby");
}
