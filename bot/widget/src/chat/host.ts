// The surroundings of the chat: a frame on a host page, or a window of its own. The host stores the session.
import type { Language } from "../shared/language";
import { type Happening, type HostPage, type ToChat, type ToHost, isMessage } from "../shared/protocol";
import { StoredPosition, storedDraft, storedSession } from "../shared/storage";
import { config } from "./config";

export interface Listener {
  /** The session to continue (null: none yet); called again when another tab began a new one. */
  session(token: string | null): void;
  /** The last message that the visitor has seen in any tab (null: not known); called again when that changes. */
  read(position: number | null): void;
  /** What the visitor had written on the page before. */
  draft(text: string): void;
  shown(shown: boolean, focus: boolean): void;
  ask(text: string): void;
  /** The site has chosen another language. */
  language(language: Language): void;
  /** The page that shows the chat; called again when the visitor comes to another one. */
  page(page: HostPage): void;
}

export interface Host {
  readonly framed: boolean;
  listen(listener: Listener): void;
  /** Keeps the token of a new conversation, of which nothing has been read. */
  storeSession(token: string): void;
  storeRead(position: number): void;
  storeDraft(text: string): void;
  unread(number: number): void;
  /** Tells the page that shows the chat what happened. */
  tell(event: Happening): void;
  close(): void;
}

class WindowHost implements Host {
  readonly framed = false;
  private readonly session = storedSession(location.origin);
  private readonly read = new StoredPosition(location.origin);
  private readonly draft = storedDraft();

  listen(listener: Listener): void {
    this.session.onChange((token) => listener.session(token));
    this.read.onChange((position) => listener.read(position));
    listener.session(this.session.get());
    listener.read(this.read.get());
    listener.draft(this.draft.get() ?? "");
    listener.page({ address: location.href, title: document.title, referrer: document.referrer });
    listener.shown(true, true);
  }

  storeSession(token: string): void {
    this.session.set(token);
    this.read.set(null);
  }

  storeRead(position: number): void {
    this.read.set(position);
  }

  storeDraft(text: string): void {
    this.draft.set(text || null);
  }

  unread(): void {
    // in its own window, messages are read as they arrive
  }

  tell(): void {
    // nobody listens to a window of its own
  }

  close(): void {
    // the browser closes windows
  }
}

class FrameHost implements Host {
  readonly framed = true;

  constructor(private readonly origin: string) {}

  listen(listener: Listener): void {
    addEventListener("message", (event) => {
      if (event.origin !== this.origin || event.source !== parent || !isMessage(event.data)) return;
      const message = event.data as ToChat;
      if (message.klantkompas === "session") listener.session(message.token);
      else if (message.klantkompas === "read") listener.read(message.position);
      else if (message.klantkompas === "draft") listener.draft(message.text);
      else if (message.klantkompas === "shown") listener.shown(message.shown, message.focus);
      else if (message.klantkompas === "ask") listener.ask(message.text);
      else if (message.klantkompas === "language") listener.language(message.language);
      else if (message.klantkompas === "page") listener.page(message);
    });
    this.post({ klantkompas: "ready" });
  }

  storeSession(token: string): void {
    this.post({ klantkompas: "session", token });
  }

  storeRead(position: number): void {
    this.post({ klantkompas: "read", position });
  }

  storeDraft(text: string): void {
    this.post({ klantkompas: "draft", text });
  }

  unread(number: number): void {
    this.post({ klantkompas: "unread", number });
  }

  tell(event: Happening): void {
    this.post({ klantkompas: "event", event });
  }

  close(): void {
    this.post({ klantkompas: "close" });
  }

  private post(message: ToHost): void {
    parent.postMessage(message, this.origin);
  }
}

export const host: Host = config.host !== null && parent !== window ? new FrameHost(config.host) : new WindowHost();
