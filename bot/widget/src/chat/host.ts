// Where the chat stands: in a frame on somebody's page, or alone in a window. It keeps the session and hears the rest.
import { type ToChat, type ToHost, isMessage } from "../shared/protocol";
import { SessionStorage } from "../shared/storage";
import { config } from "./config";

export interface Listener {
  /** The session to go on with (null: none yet); again when another tab began a new one. */
  session(token: string | null): void;
  shown(shown: boolean, focus: boolean): void;
  ask(text: string): void;
}

export interface Host {
  readonly framed: boolean;
  listen(listener: Listener): void;
  keep(token: string): void;
  unread(number: number): void;
  close(): void;
}

class Window implements Host {
  readonly framed = false;
  private readonly storage = new SessionStorage(`klantkompas ${location.origin}`);

  listen(listener: Listener): void {
    this.storage.onChange((token) => listener.session(token));
    listener.session(this.storage.get());
    listener.shown(true, true);
  }

  keep(token: string): void {
    this.storage.set(token);
  }

  unread(): void {
    // the window is the chat: what is there is read
  }

  close(): void {
    // closing a window is the browser's business
  }
}

class Frame implements Host {
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
    this.tell({ klantkompas: "ready" });
  }

  keep(token: string): void {
    this.tell({ klantkompas: "session", token });
  }

  unread(number: number): void {
    this.tell({ klantkompas: "unread", number });
  }

  close(): void {
    this.tell({ klantkompas: "close" });
  }

  private tell(message: ToHost): void {
    parent.postMessage(message, this.origin);
  }
}

export const host: Host = config.host !== null && parent !== window ? new Frame(config.host) : new Window();
