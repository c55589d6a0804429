// The conversation as this page knows it: its messages, the outbox, and the state of the connection.
import type { EventSourceClient } from "eventsource-client";
import type { Language } from "../shared/language";
import * as api from "./api";
import type { AdvisorMessage, Message, Press, Vote } from "./types";

const SLOW_AFTER = 20_000;

/** A message of the visitor that the stream has not confirmed yet. */
export interface Outgoing {
  id: string;
  text: string;
  press?: Press;
  /** A report; the text is its name. */
  file?: File;
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

  private token: string | null = null;
  /** The conversation began on this page, so that its greeting is new. */
  private isNew = false;
  private stream: EventSourceClient | null = null;
  private slowTimer = 0;
  private beginning: Promise<void> | null = null;

  constructor(
    private language: Language,
    private readonly listener: ConversationListener,
  ) {}

  get last(): Message | undefined {
    return this.messages.at(-1);
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
    this.enqueue({ id: newId(), text });
  }

  press(message: AdvisorMessage, reply: number): void {
    this.enqueue({ id: newId(), text: message.replies[reply] ?? "", press: { position: message.position, reply } });
  }

  sendReport(file: File): void {
    this.enqueue({ id: newId(), text: file.name, file });
  }

  /** Sends a failed message again, or asks again for an answer that is overdue. */
  retry(outgoing?: Outgoing): void {
    if (outgoing) void this.transmit(outgoing);
    else if (this.last?.author === "visitor" && this.token) {
      const { id, text } = this.last;
      this.slow = false;
      this.waitForAnswer();
      api.sendMessage(this.token, id, { text }).catch(() => this.markSlow());
      this.listener.changed();
    }
  }

  /** Sends the messages that failed without a connection. */
  sendWaiting(): void {
    for (const outgoing of this.outbox) if (outgoing.failed?.status === 0) void this.transmit(outgoing);
  }

  async vote(message: AdvisorMessage, vote: Vote): Promise<void> {
    if (!this.token) return;
    const before = message.vote;
    message.vote = vote;
    this.listener.changed();
    try {
      await api.vote(this.token, message.position, vote);
    } catch {
      message.vote = before;
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
    } catch {
      this.lost = true;
      this.listener.changed();
      await new Promise((done) => setTimeout(done, 3000));
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
    unsent.forEach((outgoing) => this.enqueue(outgoing));
    this.listener.changed();
  }

  private forget(): void {
    this.pause();
    Object.assign(this, { messages: [], outbox: [], current: false, lost: false, ended: false });
    this.token = null;
    this.isNew = false;
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
    this.stream = api.openStream(token, this.last?.position ?? 0, {
      message: (message) => unlessReplaced(() => this.add(message)),
      current: () =>
        unlessReplaced(() => {
          this.current = true;
          this.lost = false;
          if (this.last?.author === "visitor") this.waitForAnswer();
          this.sendWaiting();
        }),
      typing: (typing) => unlessReplaced(() => (this.typing = typing)),
      lost: () =>
        unlessReplaced(() => {
          this.lost = true;
          this.disconnected();
        }),
      ended: () => unlessReplaced(() => void this.replaceSession()),
    });
  }

  /** Clears what only an open stream can know. */
  private disconnected(): void {
    this.typing = false;
    this.slow = false;
    clearTimeout(this.slowTimer);
  }

  private add(message: Message): void {
    if (this.last && message.position <= this.last.position) return;
    this.messages.push(message);
    if (message.author === "visitor") {
      this.outbox = this.outbox.filter((outgoing) => outgoing.id !== message.id);
      this.waitForAnswer();
    } else {
      clearTimeout(this.slowTimer);
      this.slow = false;
      if (this.current || this.isNew) this.listener.answered(message);
    }
  }

  /** Messages wait to be sent; a report that was refused does not. */
  get sending(): boolean {
    return this.outbox.some((outgoing) => !isRefused(outgoing));
  }

  private enqueue(outgoing: Outgoing): void {
    this.outbox = [...this.outbox.filter((earlier) => !isRefused(earlier)), outgoing];
    void this.transmit(outgoing);
  }

  private async transmit(outgoing: Outgoing): Promise<void> {
    delete outgoing.failed;
    this.listener.changed();
    let token: string | null = null;
    try {
      await this.open();
      token = this.token;
      const { id, text, press, file } = outgoing;
      if (file) await api.sendReport(token as string, id, file);
      else await api.sendMessage(token as string, id, press ? { press } : { text });
    } catch (error) {
      if (error instanceof api.RequestError && error.status === 401) {
        // The session may have been replaced meanwhile: then the message goes to the present one.
        return token === this.token ? this.replaceSession() : this.transmit(outgoing);
      }
      outgoing.failed = error instanceof api.RequestError ? error : new api.RequestError(0, "failed");
      this.listener.changed();
    }
  }

  private waitForAnswer(): void {
    clearTimeout(this.slowTimer);
    this.slowTimer = window.setTimeout(() => this.markSlow(), SLOW_AFTER);
  }

  private markSlow(): void {
    this.slow = !this.lost && this.last?.author === "visitor";
    this.listener.changed();
  }
}

/** Whether the server can't read a report: another one has to be chosen. */
export function isRefused(outgoing: Outgoing): boolean {
  return Boolean(outgoing.file && outgoing.failed?.isRefusal);
}

function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
