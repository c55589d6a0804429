// The chat page as a whole; rendered from the conversation and the state whenever either changes.
import { type TemplateResult, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { choices, offering } from "./choices";
import { type ComposerActions, composer } from "./composer";
import { brand, localized } from "./config";
import type { RequestError } from "./api";
import { type Conversation, type Outgoing, isRefused } from "./conversation";
import { asking, progress } from "./field";
import type { Language } from "../shared/language";
import { leftOff } from "./left_off";
import { type MessageActions, advisorMessage, visitorMessage } from "./message";
import { newDay } from "./moments";
import type { Message } from "./types";

export interface Actions extends ComposerActions, MessageActions {
  choose(reply: number): void;
  chooseFile(): void;
  attach(files: Iterable<File>): void;
  retry(outgoing?: Outgoing): void;
  remove(outgoing: Outgoing): void;
  close(): void;
  confirmNew(): void;
  copy(): void;
  save(): void;
  scrolled(): void;
  toNewest(): void;
}

export interface State {
  language: Language;
  framed: boolean;
  offline: boolean;
  /** What the visitor has written but not sent. */
  draft: string;
  notice: string;
  newBelow: boolean;
  /** Position of the answer of which the visitor is asked why it did not help. */
  asksWhy: number | null;
  /** A file is dragged over the chat. */
  dropping: boolean;
}

const ICONS = {
  more: "M5 12h.01 M12 12h.01 M19 12h.01",
  close: "M7 7l10 10 M17 7L7 17",
  clip: "M20 11.5l-8 8a5 5 0 0 1-7-7l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7L9.8 17.1a1.7 1.7 0 0 1-2.4-2.4L15 7",
  down: "M12 5v14 M6 13l6 6 6-6",
};

function icon(path: string): TemplateResult {
  return html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d=${path} /></svg>`;
}

export function page(conversation: Conversation, state: State, actions: Actions): TemplateResult {
  const text = (key: string, values = {}): string => localized(state.language, key, values);
  const entries = inOrder(conversation);
  const offer = offering(conversation);
  const field = asking(conversation);
  return html`
    <header>
      ${brand.logo ? html`<img class="logo" src=${brand.logo} alt="" />` : nothing}
      <div class="names">
        <h1>${text("title")}</h1>
        <p role="status">${conversation.person ? text("with_person", { person: conversation.person }) : text("subtitle")}</p>
      </div>
      <button type="button" class="icon" popovertarget="menu" aria-label=${text("menu")} title=${text("menu")}>
        ${icon(ICONS.more)}
      </button>
      ${
        state.framed
          ? html`<button type="button" class="icon" aria-label=${text("close")} title=${text("close")} @click=${actions.close}>
              ${icon(ICONS.close)}
            </button>`
          : nothing
      }
      <div id="menu" popover>
        <button type="button" @click=${actions.confirmNew}>${text("new_conversation")}</button>
        <button type="button" @click=${actions.copy}>${text("copy_transcript")}</button>
        <button type="button" @click=${actions.save}>${text("save_transcript")}</button>
      </div>
    </header>
    <main>
     <div id="log" tabindex="0" role="region" aria-label=${text("log_label")} @scroll=${actions.scrolled}>
      <p class="about">${text("program")} ${text("privacy")}</p>
      ${conversation.ended ? html`<p class="note">${text("session_ended")}</p>` : nothing}
      <ol class="messages" ?aria-busy=${!conversation.current}>
        ${repeat(
          entries,
          (entry) => ("position" in entry ? entry.position : entry.id),
          (entry, at) =>
            !("position" in entry)
              ? outgoingMessage(entry, conversation, state.language, actions)
              : html`${dayBefore(entry, entries[at - 1], state.language)}
                ${entry.author === "visitor"
                ? visitorMessage(entry, state.language)
                : advisorMessage(entry, actions, { closing: entry !== offer, hidden: entry === field && entry.asked?.wrong, asksWhy: state.asksWhy === entry.position })}`,
        )}
      </ol>
      ${conversation.typing && !conversation.person ? typingIndicator(text("typing")) : nothing}
      ${conversation.slow ? problem(html`${text("problem_slow")}`, { name: text("retry"), press: () => actions.retry() }) : nothing}
      <div class="space"></div>
     </div>
     <p class="drop" ?hidden=${!state.dropping}>${text("drop")}</p>
    </main>
    <footer>
      <p class="toast" role="status" ?hidden=${!state.notice}>${state.notice}</p>
      ${
        state.newBelow
          ? html`<button type="button" class="newest" @click=${actions.toNewest}>${icon(ICONS.down)} ${text("to_newest")}</button>`
          : nothing
      }
      ${welcomeBack(conversation, state.language)} ${progress(field?.asked)} ${choices(offer, actions.choose)}
      ${connection(conversation, state)}
      ${composer(state.draft, state.language, actions, attachButton(text("attach"), actions), field)}
      <input type="file" id="report" hidden accept=".csv,.tsv,.txt,text/csv" @change=${chosen(actions)} />
    </footer>
    <dialog id="confirm" aria-labelledby="confirm-question">
      <form method="dialog">
        <p id="confirm-question">${text("new_conversation_confirm")}</p>
        <button value="yes" class="yes">${text("yes_new")}</button>
        <button value="no">${text("no_stay")}</button>
      </form>
    </dialog>
  `;
}

/** Reminds a visitor who comes back of where the conversation was. */
function welcomeBack(conversation: Conversation, language: Language): TemplateResult | typeof nothing {
  const left = conversation.current && !conversation.outbox.length ? leftOff(conversation.messages) : null;
  if (!left) return nothing;
  const date = new Intl.DateTimeFormat(language, { day: "numeric", month: "long" }).format(left.at);
  return html`<p class="welcome">${localized(language, "welcome_back", { date, problem: left.problem })}</p>`;
}

function attachButton(label: string, actions: Actions): TemplateResult {
  return html`<button type="button" slot="prefix" class="attach" aria-label=${label} title=${label} @click=${actions.chooseFile}>
    ${icon(ICONS.clip)}
  </button>`;
}

/** Gives the chosen file, and empties the field, so that the same file can be chosen again. */
function chosen(actions: Actions): (event: Event) => void {
  return (event) => {
    const field = event.target as HTMLInputElement;
    actions.attach([...(field.files ?? [])]);
    field.value = "";
  };
}

/** A line with the name of the day on which a message was sent, where the one before it is of another day. */
function dayBefore(message: Message, before: Message | Outgoing | undefined, language: Language): TemplateResult | typeof nothing {
  const day = newDay(message, before && "position" in before ? before : undefined, language);
  return day ? html`<li class="day">${day}</li>` : nothing;
}

/** All messages in the order of writing: one that failed stays where it was. */
function inOrder({ messages, failures, underway }: Conversation): (Message | Outgoing)[] {
  const following = (from: number, to: number): Outgoing[] => failures.filter(({ after }) => after >= from && after < to);
  const sent = messages.flatMap((message, at) => [
    message,
    ...following(message.position, messages[at + 1]?.position ?? Infinity),
  ]);
  return [...following(0, messages[0]?.position ?? Infinity), ...sent, ...underway];
}

function outgoingMessage(outgoing: Outgoing, conversation: Conversation, language: Language, actions: Actions): TemplateResult {
  const text = (key: string): string => localized(language, key);
  const { failed } = outgoing;
  const retry = isRefused(outgoing)
    ? { name: text("other_file"), press: actions.chooseFile }
    : { name: text("retry"), press: () => actions.retry(outgoing) };
  return html`<li class="message visitor ${failed ? "failed" : "sending"}">
    <span class="hidden">${text("you")}:</span>
    <p class="bubble">${outgoing.text}</p>
    ${
      failed
        ? problem(counting(language, `problem_${failed.problem}`, failed), retry, {
            name: text("remove"),
            press: () => actions.remove(outgoing),
          })
        : conversation.isHeldUp
          ? html`<p class="later">${text("sent_later")}</p>`
          : nothing
    }
  </li>`;
}

/** A text that counts the seconds down in sight; screen readers hear them once. */
function counting(language: Language, key: string, error: RequestError): TemplateResult {
  const now = localized(language, key, { seconds: error.secondsLeft });
  if (!error.seconds) return html`${now}`;
  const once = localized(language, key, { seconds: error.seconds });
  return html`<span class="hidden">${once}</span><span class="seconds" aria-hidden="true">${now}</span>`;
}

interface Choice {
  name: string;
  press(): void;
}

function problem(text: TemplateResult, ...choices: Choice[]): TemplateResult {
  return html`<div class="problem" role="alert">
    <p>${text}</p>
    ${choices.map(({ name, press }) => html`<button type="button" @click=${press}>${name}</button>`)}
  </div>`;
}

function typingIndicator(label: string): TemplateResult {
  return html`<div class="typing" role="img" aria-label=${label}><i></i><i></i><i></i></div>`;
}

function connection(conversation: Conversation, state: State): TemplateResult | typeof nothing {
  if (!state.offline && conversation.refused) {
    return html`<p class="offline" role="status">${counting(state.language, "busy", conversation.refused)}</p>`;
  }
  const key = state.offline ? "offline" : conversation.lost ? "reconnecting" : null;
  return key ? html`<p class="offline" role="status">${localized(state.language, key)}</p>` : nothing;
}
