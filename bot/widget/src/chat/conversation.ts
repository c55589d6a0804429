// The conversation as this page knows it: its messages, the outbox, and the state of the connection.
import type { EventSourceClient } from "eventsource-client";
import type { Language } from "../shared/language";
import type { HostPage } from "../shared/protocol";
import * as api from "./api";
import { brand, firstLanguage } from "./config";
import type { AdvisorMessage, Message, Press, Reason, Vote } from "./types";

const SLOW_AFTER = 20_000;
const TYPING_AFTER = 300;

/** A message of the visitor that the stream has not confirmed yet. */
export interface Outgoing {
  id: string;
  text: string;
  press?: Press;
  /** A report; the text is its name. */
  file?: File;
  /** Position of the message that it follows, as the visitor wrote them. */
  after: number;
  /** The server has taken it; the stream will confirm it. */
  taken?: boolean;
  /** Why sending failed, if it did. */
  failed?: api.RequestError;
}

export interface ConversationListener {
  /** Another conversation, or none yet, takes the place of the one that was shown. */
  reset(): void;
  /** A new session, to be stored for the next page. */
  session(token: string): void;
  changed(): void;
  /** A new message of the advisor, the greeting too; not called for earlier messages that the stream begins with. */
  answered(message: AdvisorMessage): void;
  /** A message of the visitor could not be sent. */
  failed(): void;
  /** A message that was written on this page has arrived. */
  arrived(): void;
}

/**
 * What the page shows follows from the stream. `typing` and `slow` hold for an open stream only: they are cleared when
 * the connection is lost, and the next stream begins by giving the full state.
 */
export class Conversation {
  messages: Message[] = [];
  outbox: Outgoing[] = [];
  typing = false;
  /** The earlier messages have all arrived; later ones are new. */
  current = false;
  /** The connection is lost and is being restored. */
  lost = false;
  /** The visitor's last message got no answer for a while. */
  slow = false;
  /** The server did not know the previous session. */
  ended = false;
  /** Why the server begins no conversation now, if it told how long to wait. */
  refused: api.RequestError | null = null;

  /** Where the visitor writes; sent with the first message from there. */
  page: HostPage | undefined;

  private token: string | null = null;
  /** Position of the last message that came by the stream. */
  private received = 0;
  /** The conversation began on this page, so that its greeting is new. */
  private isNew = false;
  private stream: EventSourceClient | null = null;
  private slowTimer = 0;
  private typingTimer = 0;
  private beginning: Promise<void> | null = null;
  private transmitting = false;
  /** Positions of the messages that were written on this page. */
  private readonly written = new Set<number>();
  private resumeTimer = 0;

  constructor(
    private language: Language,
    private readonly listener: ConversationListener,
  ) {}

  get last(): Message | undefined {
    return this.messages.at(-1);
  }

  /** First name of the person who has the conversation; null while the advisor answers. */
  get person(): string | null {
    const last = this.messages.findLast((message) => message.author === "advisor");
    return last?.author === "advisor" ? last.person : null;
  }

  /** Continues a session, if it isn't the present one. */
  resume(token: string): void {
    if (token === this.token) return;
    this.forget();
    this.token = token;
    this.connect();
  }

  /** Begins a conversation if there is none. */
  async open(): Promise<void> {
    if (this.token) return;
    this.beginning ??= this.begin().finally(() => (this.beginning = null));
    await this.beginning;
  }

  /** Leaves this conversation and begins a new one. */
  async renew(): Promise<void> {
    this.forget();
    await this.open();
  }

  setLanguage(language: Language): void {
    this.language = language;
  }

  send(text: string): void {
    this.enqueue({ text });
  }

  press(message: AdvisorMessage, reply: number): void {
    this.enqueue({ text: message.replies[reply] ?? "", press: { position: message.position, reply } });
  }

  sendReport(file: File): void {
    this.enqueue({ text: file.name, file });
  }

  /** Sends a failed message again, as the newest; or asks again for an answer that is overdue. */
  retry(outgoing?: Outgoing): void {
    if (outgoing) {
      if (!outgoing.failed?.holdsUp) this.outbox = [...this.outbox.filter((other) => other !== outgoing), outgoing];
      this.release(outgoing);
      void this.transmitAll();
    } else if (this.last?.author === "visitor" && this.token) {
      const { id, text } = this.last;
      this.slow = false;
      this.waitForAnswer();
      api.sendMessage(this.token, id, { text }).catch(() => this.markSlow());
      this.listener.changed();
    }
  }

  /** Takes a message away that could not be sent. */
  remove(outgoing: Outgoing): void {
    this.outbox = this.outbox.filter((other) => other !== outgoing);
    void this.transmitAll();
  }

  /** Sends the messages that failed without a connection. */
  sendWaiting(): void {
    for (const outgoing of this.outbox) if (outgoing.failed?.status === 0) this.release(outgoing);
    void this.transmitAll();
  }

  /** Messages that failed in the order of writing: each follows a position. */
  get failures(): Outgoing[] {
    return this.outbox.filter((outgoing) => outgoing.failed && !outgoing.failed.holdsUp);
  }

  /** Messages that are on their way, in the order of writing; they follow all others. */
  get underway(): Outgoing[] {
    return this.outbox.filter((outgoing) => !outgoing.failed || outgoing.failed.holdsUp);
  }

  /** Whether messages wait for an earlier one that can't be sent now. */
  get isHeldUp(): boolean {
    return this.refused !== null || this.outbox.some((outgoing) => outgoing.failed?.holdsUp);
  }

  /** Whether something on the page counts seconds. */
  get countsDown(): boolean {
    return this.refused !== null || this.outbox.some((outgoing) => outgoing.failed?.secondsLeft);
  }

  /** Votes on an answer, and says why. */
  async vote(message: AdvisorMessage, vote: Vote, reason: Reason | null = null, comment = ""): Promise<void> {
    if (!this.token) return;
    const before = { vote: message.vote, reason: message.reason };
    Object.assign(message, { vote, reason });
    this.listener.changed();
    try {
      await api.vote(this.token, message.position, vote, reason, comment);
    } catch {
      Object.assign(message, before);
      this.listener.changed();
    }
  }

  /** Opens the stream. A hidden page has none: browsers allow few connections to one server. */
  listen(): void {
    if (this.token && !this.stream) this.connect();
  }

  pause(): void {
    this.stream?.close();
    this.stream = null;
    this.disconnected();
  }

  private async begin(): Promise<void> {
    try {
      this.token = await api.createSession(this.language);
    } catch (error) {
      const seconds = error instanceof api.RequestError ? error.seconds : 0;
      this.refused = seconds ? (error as api.RequestError) : null;
      this.lost = !seconds;
      this.listener.changed();
      await new Promise((done) => setTimeout(done, seconds * 1000 || 3000));
      this.refused = null;
      return this.token ? undefined : this.begin();
    }
    this.isNew = true;
    this.listener.session(this.token);
    this.connect();
  }

  /** The server does not know the session: begins a new conversation and sends the unsent messages there. */
  private async replaceSession(): Promise<void> {
    const unsent = this.outbox.filter((outgoing) => !outgoing.press);
    await this.renew();
    this.ended = true;
    this.outbox = [...unsent.map(({ id, text, file }) => ({ id, text, ...(file && { file }), after: 0 })), ...this.outbox];
    void this.transmitAll();
    this.listener.changed();
  }

  private forget(): void {
    this.pause();
    Object.assign(this, { messages: [], outbox: [], current: false, lost: false, ended: false });
    this.token = null;
    this.received = 0;
    this.isNew = false;
    this.written.clear();
    this.listener.reset();
    this.listener.changed();
  }

  private connect(): void {
    this.pause();
    const token = this.token as string;
    const unlessReplaced = (act: () => void): void => {
      if (token !== this.token) return;
      act();
      this.listener.changed();
    };
    this.stream = api.openStream(token, this.received, {
      message: (message) => unlessReplaced(() => this.add(message)),
      current: () =>
        unlessReplaced(() => {
          this.current = true;
          this.lost = false;
          if (this.last?.author === "visitor") this.waitForAnswer();
          this.sendWaiting();
        }),
      typing: (typing) => unlessReplaced(() => this.setTyping(typing)),
      lost: () =>
        unlessReplaced(() => {
          this.lost = true;
          this.disconnected();
        }),
      ended: () => unlessReplaced(() => void this.replaceSession()),
    });
  }

  /** A quick answer comes without the dots: they would only flash. */
  private setTyping(typing: boolean): void {
    clearTimeout(this.typingTimer);
    this.typing = false;
    if (!typing) return;
    this.typingTimer = window.setTimeout(() => {
      this.typing = true;
      this.listener.changed();
    }, TYPING_AFTER);
  }

  /** Clears what only an open stream can know. */
  private disconnected(): void {
    this.setTyping(false);
    this.slow = false;
    clearTimeout(this.slowTimer);
  }

  /** Whether an answer is to a message that was written on this page. */
  answersThisPage(message: AdvisorMessage): boolean {
    const asked = this.messages.findLast(({ author, position }) => author === "visitor" && position < message.position);
    return asked !== undefined && this.written.has(asked.position);
  }

  private add(message: Message): void {
    if (message.position <= this.received) return;
    this.received = message.position;
    if (message.author === "advisor" && message.revises !== null) return this.revise(message, message.revises);
    this.messages.push(message);
    if (message.author === "advisor" && message.position === 1) greet(message);
    if (message.author === "visitor") {
      const at = this.outbox.findIndex((outgoing) => outgoing.id === message.id);
      if (at >= 0) {
        for (const later of this.outbox.slice(at + 1)) later.after = message.position;
        this.outbox = this.outbox.filter((outgoing) => outgoing.id !== message.id);
        this.written.add(message.position);
        this.listener.arrived();
        void this.transmitAll();
      }
      this.waitForAnswer();
    } else {
      clearTimeout(this.slowTimer);
      this.slow = false;
      if (this.current || this.isNew) this.listener.answered(message);
    }
  }

  /** A person of the team edited or deleted what they wrote. */
  private revise(now: AdvisorMessage, position: number): void {
    this.messages = this.messages.flatMap((message) =>
      message.position !== position || message.author !== "advisor"
        ? [message]
        : now.sections.length
          ? [{ ...message, sections: now.sections, text: now.text }]
          : [],
    );
  }

  /** Whether a message is on its way, so that the buttons of the last answer no longer count. */
  get sending(): boolean {
    return !this.isHeldUp && this.underway.length > 0;
  }

  private enqueue(written: Omit<Outgoing, "id" | "after">): void {
    const outgoing = { ...written, id: newId(), after: this.last?.position ?? 0 };
    this.outbox = [...this.outbox.filter((earlier) => !isRefused(earlier)), outgoing];
    this.sendWaiting();
  }

  private release(outgoing: Outgoing): void {
    delete outgoing.failed;
    outgoing.after = this.last?.position ?? 0;
  }

  /** Sends what has not been sent, one after the other, so that all arrive in the order of writing. */
  private async transmitAll(): Promise<void> {
    this.listener.changed();
    if (this.transmitting) return;
    this.transmitting = true;
    for (;;) {
      const next = this.outbox.find((outgoing) => !outgoing.taken && (!outgoing.failed || outgoing.failed.holdsUp));
      if (!next || next.failed) break;
      await this.transmit(next);
      this.listener.changed();
    }
    this.transmitting = false;
  }

  private async transmit(outgoing: Outgoing): Promise<void> {
    let token: string | null = null;
    try {
      await this.open();
      token = this.token;
      const { id, text, press, file } = outgoing;
      if (file) await api.sendReport(token as string, id, file);
      else {
        const { page } = this;
        await api.sendMessage(token as string, id, press ? { press } : { text }, page);
        if (page === this.page) this.page = undefined;
      }
      outgoing.taken = true;
    } catch (error) {
      if (error instanceof api.RequestError && error.status === 401) {
        // The session may have been replaced meanwhile: then the message goes to the present one.
        if (token === this.token) await this.replaceSession();
        return;
      }
      this.fail(outgoing, error instanceof api.RequestError ? error : new api.RequestError(0, "failed"));
    }
  }

  private fail(outgoing: Outgoing, error: api.RequestError): void {
    if (!this.outbox.includes(outgoing)) return; // the stream has confirmed it meanwhile
    outgoing.failed = error;
    this.listener.failed();
    if (error.status !== 429) return;
    clearTimeout(this.resumeTimer);
    this.resumeTimer = window.setTimeout(() => {
      if (outgoing.failed === error) this.retry(outgoing);
    }, error.seconds * 1000);
  }

  private waitForAnswer(): void {
    clearTimeout(this.slowTimer);
    if (this.person !== null) return; // people take their time
    this.slowTimer = window.setTimeout(() => this.markSlow(), SLOW_AFTER);
  }

  private markSlow(): void {
    this.slow = !this.lost && this.last?.author === "visitor";
    this.listener.changed();
  }
}

/** Lets the greeting begin with the words of the site, if it has any in that language; marks of Markdown are text. */
function greet(message: AdvisorMessage): void {
  const [first] = message.sections;
  if (brand.greeting && first && message.language === firstLanguage) {
    first.text = brand.greeting.replace(/[!-/:-@[-`{-~]/g, "\\$&");
  }
}

/** Whether the server can't read a report: another one has to be chosen. */
export function isRefused(outgoing: Outgoing): boolean {
  return Boolean(outgoing.file && outgoing.failed?.isRefusal);
}

function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
