// The surroundings of the chat: a frame on a host page, or a window of its own. The host stores the session.
import { type ToChat, type ToHost, isMessage } from "../shared/protocol";
import { storedSession } from "../shared/storage";
import { config } from "./config";

export interface Listener {
  /** The session to continue (null: none yet); called again when another tab began a new one. */
  session(token: string | null): void;
  shown(shown: boolean, focus: boolean): void;
  ask(text: string): void;
}

export interface Host {
  readonly framed: boolean;
  listen(listener: Listener): void;
  storeSession(token: string): void;
  unread(number: number): void;
  close(): void;
}

class WindowHost implements Host {
  readonly framed = false;
  private readonly storage = storedSession(location.origin);

  listen(listener: Listener): void {
    this.storage.onChange((token) => listener.session(token));
    listener.session(this.storage.get());
    listener.shown(true, true);
  }

  storeSession(token: string): void {
    this.storage.set(token);
  }

  unread(): void {
    // in its own window, messages are read as they arrive
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
      else if (message.klantkompas === "shown") listener.shown(message.shown, message.focus);
      else if (message.klantkompas === "ask") listener.ask(message.text);
    });
    this.post({ klantkompas: "ready" });
  }

  storeSession(token: string): void {
    this.post({ klantkompas: "session", token });
  }

  unread(number: number): void {
    this.post({ klantkompas: "unread", number });
  }

  close(): void {
    this.post({ klantkompas: "close" });
  }

  private post(message: ToHost): void {
    parent.postMessage(message, this.origin);
  }
}

export const host: Host = config.host !== null && parent !== window ? new FrameHost(config.host) : new WindowHost();
