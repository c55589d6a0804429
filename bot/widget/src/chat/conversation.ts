// The talk as this page knows it: what was said, what is on its way, and whether the line is open.
import type { EventSourceClient } from "eventsource-client";
import type { Language } from "../shared/language";
import * as api from "./api";
import type { AdvisorMessage, Message, Press, Vote } from "./types";

const SLOW_AFTER = 20_000;

/** A message of the visitor that the server has not confirmed by the stream yet. */
export interface Outgoing {
  id: string;
  text: string;
  press?: Press;
  /** Why it did not go, if so. */
  failed?: api.Failed;
}

export class Conversation {
  messages: Message[] = [];
  outbox: Outgoing[] = [];
  typing = false;
  /** The earlier talk is complete; what comes now is new. */
  current = false;
  lost = false;
  /** The visitor's last message got no answer for a while. */
  slow = false;
  /** The session before this one was unknown to the server. */
  ended = false;

  private token: string | null = null;
  private stream: EventSourceClient | null = null;
  private slowTimer = 0;
  private beginning: Promise<void> | null = null;

  constructor(
    private language: Language,
    private readonly keep: (token: string) => void,
    private readonly changed: () => void,
    private readonly said: (message: AdvisorMessage) => void,
  ) {}

  get last(): Message | undefined {
    return this.messages.at(-1);
  }

  /** Goes on with a session, if it isn't the present one. */
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

  /** Leaves this conversation and begins another. */
  async renew(): Promise<void> {
    this.forget();
    await this.open();
  }

  setLanguage(language: Language): void {
    this.language = language;
  }

  say(text: string): void {
    this.put({ id: newId(), text });
  }

  press(message: AdvisorMessage, reply: number): void {
    this.put({ id: newId(), text: message.replies[reply] ?? "", press: { position: message.position, reply } });
  }

  /** Sends again what did not get through, or asks again for an answer that does not come. */
  retry(outgoing?: Outgoing): void {
    if (outgoing) void this.transmit(outgoing);
    else if (this.last?.author === "visitor" && this.token) {
      const { id, text } = this.last;
      this.slow = false;
      this.waitForAnswer();
      api.send(this.token, id, { text }).catch(() => this.beSlow());
      this.changed();
    }
  }

  /** Sends what did not get through for want of a connection. */
  sendWaiting(): void {
    for (const outgoing of this.outbox) if (outgoing.failed?.status === 0) void this.transmit(outgoing);
  }

  async vote(message: AdvisorMessage, vote: Vote): Promise<void> {
    if (!this.token) return;
    const before = message.vote;
    message.vote = vote;
    this.changed();
    try {
      await api.vote(this.token, message.position, vote);
    } catch {
      message.vote = before;
      this.changed();
    }
  }

  /** Holds the line only while somebody looks: browsers allow few connections to one server. */
  listen(): void {
    if (this.token && !this.stream) this.connect();
  }

  pause(): void {
    this.stream?.close();
    this.stream = null;
  }

  private async begin(): Promise<void> {
    try {
      this.token = await api.begin(this.language);
    } catch {
      this.lost = true;
      this.changed();
      await new Promise((done) => setTimeout(done, 3000));
      return this.token ? undefined : this.begin();
    }
    this.keep(this.token);
    this.connect();
  }

  /** The server does not know our session: a new conversation, to which what was typed but not sent goes along. */
  private async startAfresh(): Promise<void> {
    const unsent = this.outbox.filter((outgoing) => !outgoing.press);
    await this.renew();
    this.ended = true;
    unsent.forEach((outgoing) => this.put(outgoing));
    this.changed();
  }

  private forget(): void {
    this.pause();
    clearTimeout(this.slowTimer);
    Object.assign(this, { messages: [], outbox: [], typing: false, current: false, lost: false, slow: false, ended: false });
    this.token = null;
    this.changed();
  }

  private connect(): void {
    const token = this.token as string;
    const mine = (act: () => void) => () => token === this.token && (act(), this.changed());
    this.stream = api.follow(token, this.last?.position ?? 0, {
      message: (message) => mine(() => this.add(message))(),
      current: mine(() => {
        this.current = true;
        this.lost = false;
        this.sendWaiting();
      }),
      typing: (typing) => mine(() => (this.typing = typing))(),
      lost: mine(() => (this.lost = true)),
      ended: mine(() => void this.startAfresh()),
    });
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
      if (this.current) this.said(message);
    }
  }

  private put(outgoing: Outgoing): void {
    this.outbox.push(outgoing);
    void this.transmit(outgoing);
  }

  private async transmit(outgoing: Outgoing): Promise<void> {
    delete outgoing.failed;
    this.changed();
    let token: string | null = null;
    try {
      await this.open();
      token = this.token;
      await api.send(token as string, outgoing.id, outgoing.press ? { press: outgoing.press } : { text: outgoing.text });
    } catch (error) {
      if (error instanceof api.Failed && error.status === 401) {
        // Of an earlier session, perhaps: then the message belongs to the present one.
        return token === this.token ? this.startAfresh() : this.transmit(outgoing);
      }
      outgoing.failed = error instanceof api.Failed ? error : new api.Failed(0, "failed");
      this.changed();
    }
  }

  private waitForAnswer(): void {
    clearTimeout(this.slowTimer);
    this.slowTimer = window.setTimeout(() => this.beSlow(), SLOW_AFTER);
  }

  private beSlow(): void {
    this.slow = this.last?.author === "visitor";
    this.changed();
  }
}

function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
