// Entry point of the chat page: connects the conversation, the host and the view.
import { render } from "lit";
import { Announcer } from "./announcer";
import { config, firstLanguage, localized } from "./config";
import { Conversation } from "./conversation";
import { Happenings } from "./happenings";
import { host } from "./host";
import { Scrolling } from "./scrolling";
import { paint } from "./theme";
import { save, transcript } from "./transcript";
import type { AdvisorMessage } from "./types";
import { type Actions, type State, page } from "./view";
import { visitOf } from "./visit";

const root = document.getElementById("chat") as HTMLElement;
const announcer = new Announcer(document.getElementById("announcer") as HTMLElement);
const state: State = {
  language: firstLanguage,
  framed: host.framed,
  offline: !navigator.onLine,
  draft: "",
  notice: "",
  newBelow: false,
  asksWhy: null,
  dropping: false,
};
const happenings = new Happenings((event) => host.tell(event));
const scrolling = new Scrolling(() => document.getElementById("log"));
const conversation = new Conversation(firstLanguage, {
  reset() {
    settled = false;
    state.newBelow = false;
    read = null;
    setUnread(0);
  },
  session: (token) => host.storeSession(token),
  changed() {
    countUnread();
    draw();
  },
  answered,
  arrived: () => happenings.sent(),
  failed() {
    failed = true;
    draw();
  },
});
let preferred = firstLanguage; // until the advisor has said something
let shown = false;
let unread = 0;
let read: number | null = null; // position of the last message that was seen, in any tab
let drawPlanned = false;
let follow = true; // scroll to new messages at the next draw
let failed = false; // show at the next draw why a message could not be sent
let countdown = 0;
let settled = false; // the earlier messages are drawn

const actions: Actions = {
  submit(text) {
    actions.typed("");
    say(text);
  },
  typed(text) {
    state.draft = text;
    host.storeDraft(text);
    draw();
  },
  choose(reply) {
    const last = conversation.last;
    follow = true;
    if (last?.author === "advisor") conversation.press(last, reply);
    focusInput(); // the button is gone in a moment; keep the focus
  },
  chooseFile: () => document.getElementById("report")?.click(),
  attach(files) {
    const [file, ...others] = files;
    if (others.length) notify("one_file");
    else if (file) {
      follow = true;
      conversation.sendReport(file);
    }
    focusInput();
  },
  retry(outgoing) {
    follow = true;
    conversation.retry(outgoing);
    focusInput();
  },
  remove(outgoing) {
    conversation.remove(outgoing);
    focusInput();
  },
  vote(message, vote) {
    state.asksWhy = vote === "down" ? message.position : null;
    void conversation.vote(message, vote);
  },
  explain(message, reason, comment) {
    void conversation.vote(message, "down", reason, comment);
    if (comment !== undefined) actions.skip();
  },
  skip() {
    state.asksWhy = null;
    focusInput(); // what had the focus is gone
    draw();
  },
  close: () => host.close(),
  confirmNew() {
    document.getElementById("menu")?.hidePopover();
    const dialog = document.getElementById("confirm") as HTMLDialogElement;
    dialog.returnValue = "";
    dialog.onclose = () => {
      if (dialog.returnValue === "yes") void renew();
      focusInput();
    };
    dialog.showModal();
  },
  copy() {
    document.getElementById("menu")?.hidePopover();
    copy(transcript(conversation.messages, state.language), "copy_failed");
  },
  copyNumber: (number) => copy(number, "copy_number_failed"),
  save() {
    document.getElementById("menu")?.hidePopover();
    save(transcript(conversation.messages, state.language), localized(state.language, "transcript_name"));
  },
  scrolled() {
    if (scrolling.atEnd && state.newBelow) {
      state.newBelow = false;
      draw();
    }
  },
  toNewest() {
    state.newBelow = false;
    scrolling.toLast();
    focusInput();
    draw();
  },
};

function draw(): void {
  if (drawPlanned) return;
  drawPlanned = true;
  requestAnimationFrame(() => {
    drawPlanned = false;
    const advisor = conversation.messages.findLast((message) => message.author === "advisor");
    state.language = advisor?.author === "advisor" ? advisor.language : preferred;
    conversation.setLanguage(state.language);
    document.documentElement.lang = state.language;
    const atEnd = scrolling.atEnd;
    render(page(conversation, state, actions), root);
    clearTimeout(countdown);
    if (conversation.countsDown) countdown = window.setTimeout(draw, 1000);
    if (conversation.current && !settled) {
      settled = true;
      follow = false;
      scrolling.toNewest(false);
    } else if (follow) {
      follow = false;
      scrolling.toNewest(true);
    } else if (atEnd && !failed) scrolling.toEnd(); // a notice under the last message comes into view
    if (failed) scrolling.toFailure();
    failed = false;
  });
}

function say(text: string): void {
  follow = true;
  if (text.trim()) conversation.send(text.trim());
  draw();
}

/** A new message of the advisor is announced to screen readers, once. */
function answered(message: AdvisorMessage): void {
  if (scrolling.atEnd || conversation.messages.at(-2)?.author === "visitor") follow = true;
  else state.newBelow = true;
  announcer.say(message);
  if (conversation.answersThisPage(message)) happenings.answered(message);
}

/** Counts the answers that no tab has shown. */
function countUnread(): void {
  const { current, last, messages } = conversation;
  if (!current || !last) return;
  if ((shown || read === null) && last.position > (read ?? 0)) host.storeRead((read = last.position));
  setUnread(messages.filter(({ author, position }) => author === "advisor" && position > (read ?? 0)).length);
}

function setUnread(number: number): void {
  if (number !== unread) host.unread(number);
  unread = number;
}

function copy(text: string, failure: string): void {
  navigator.clipboard.writeText(text).then(
    () => notify("copied"),
    () => notify(failure),
  );
}

function notify(key: string): void {
  state.notice = localized(state.language, key);
  draw();
  setTimeout(() => {
    state.notice = "";
    draw();
  }, 4000);
}

async function renew(): Promise<void> {
  await conversation.renew();
  draw();
}

function focusInput(): void {
  const input = document.querySelector<HTMLElement>("vaadin-message-input");
  // On a touch screen the keyboard would cover half the conversation.
  if (matchMedia("(pointer: fine)").matches) input?.focus();
  else document.getElementById("log")?.focus({ preventScroll: true, focusVisible: false } as FocusOptions);
}

function updateConnection(): void {
  state.offline = !navigator.onLine;
  if (!state.offline) conversation.sendWaiting();
  if (document.visibilityState === "visible") conversation.listen();
  else conversation.pause();
  draw();
}

/** A file may be dropped anywhere on the chat; the browser would open it. */
function drag(event: DragEvent): void {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  // While the pointer moves from one element to another, dragleave names the other.
  state.dropping = event.type === "dragover" || (event.type === "dragleave" && event.relatedTarget !== null);
  if (event.type === "drop") actions.attach(event.dataTransfer.files);
  draw();
}

paint(config.accent, config.theme);
root.replaceChildren();
addEventListener("online", updateConnection);
addEventListener("offline", updateConnection);
for (const type of ["dragover", "dragleave", "drop"] as const) addEventListener(type, drag);
document.addEventListener("visibilitychange", updateConnection);
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (!document.querySelector("dialog[open], [popover]:popover-open")) host.close();
});
draw();
host.listen({
  session(token) {
    if (token) conversation.resume(token);
  },
  read(position) {
    read = position;
    countUnread();
  },
  draft(text) {
    if (!state.draft) state.draft = text;
    draw();
  },
  shown(now, focus) {
    if (now && !shown) settled = false; // a hidden log has no size, so it was not scrolled
    shown = now;
    if (!now) return;
    draw();
    countUnread();
    void conversation.open();
    if (focus) requestAnimationFrame(focusInput);
  },
  ask: say,
  language(language) {
    preferred = language;
    conversation.setLanguage(language);
    // A greeting in the other language is of no use; what has been said stays.
    const { current, messages, outbox } = conversation;
    if (current && !outbox.length && !messages.some(({ author }) => author === "visitor")) void renew();
    draw();
  },
  page(page) {
    conversation.page = visitOf(page);
  },
});
