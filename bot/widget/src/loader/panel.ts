// The panel: a dialog with the chat in a frame, and a cover with a header of its own until the chat is ready.
import { type ToChat, type ToHost, isMessage } from "../shared/protocol";
import { ICONS, element, icon } from "./element";
import type { Options } from "./options";
import { TEXTS } from "./texts";

const SMALL = "(max-width: 520px), (max-height: 480px)";
/** Milliseconds until the visitor reads that the chat does not load; it may still come. */
const GIVE_UP_AFTER = 4_000;
/** Milliseconds in which a page that has loaded says that it is the chat, and not an error of browser or server. */
const SAYS_SO_WITHIN = 1_000;

export interface PanelListener {
  /** The chat has loaded, also after it was loaded again. */
  ready(): void;
  received(message: ToHost): void;
  /** The visitor wants to close the panel. */
  closed(): void;
}

export class Panel {
  readonly dialog: HTMLDialogElement;
  private readonly small = matchMedia(SMALL);
  private readonly cover = element("div", { className: "cover" });
  private failure!: HTMLElement;
  private cross!: HTMLButtonElement;
  private frame: HTMLIFrameElement | undefined;
  /** Whether the chat listens. */
  isReady = false;
  private timer = 0;

  constructor(
    private readonly options: Options,
    private readonly listener: PanelListener,
  ) {
    this.dialog = element("dialog", {}, this.cover);
    this.write();
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      listener.closed();
    });
    this.small.addEventListener("change", () => {
      if (this.dialog.open) this.show();
    });
    for (const type of ["resize", "scroll"]) visualViewport?.addEventListener(type, () => this.fit());
    addEventListener("message", (event) => {
      if (event.origin !== options.origin || !this.frame || event.source !== this.frame.contentWindow) return;
      if (!isMessage(event.data)) return;
      const message = event.data as ToHost;
      if (message.klantkompas === "ready") this.begin();
      else listener.received(message);
    });
  }

  /** Writes the texts of the cover, in the language of the page. */
  write(): void {
    const texts = TEXTS[this.options.language];
    const close = (): void => this.listener.closed();
    this.cross = element("button", { type: "button", className: "cross", ariaLabel: texts.close, onclick: close }, icon(ICONS.cross));
    this.failure = element(
      "div",
      { className: "failed", hidden: true },
      element("p", { textContent: texts.unreachable }),
      element("button", { type: "button", className: "again", textContent: texts.again, onclick: () => this.reload() }),
      element("button", { type: "button", textContent: texts.close, onclick: close }),
    );
    this.failure.setAttribute("role", "alert");
    const { logo } = this.options;
    const name = this.options.get("name") ?? texts.title;
    const names = element("div", {}, element("b", { textContent: name }), element("span", { textContent: texts.subtitle }));
    const header = element("header", {}, ...(logo ? [element("img", { src: logo, alt: "" })] : []), names, this.cross);
    this.cover.replaceChildren(header, element("p", { className: "loading", textContent: texts.loading }), this.failure);
    this.dialog.ariaLabel = texts.open;
    if (this.frame) this.frame.title = texts.open;
  }

  get hasFocus(): boolean {
    return this.dialog.contains((this.dialog.getRootNode() as ShadowRoot).activeElement);
  }

  load(): void {
    if (this.frame) return;
    const { origin, language, accent, theme, logo } = this.options;
    const address = new URL("/chat", origin);
    const brand = { logo, ...Object.fromEntries(["name", "greeting", "credit"].map((key) => [key, this.options.get(key)])) };
    for (const [key, value] of Object.entries({ host: location.origin, language, accent, theme, ...brand })) {
      if (value) address.searchParams.set(key, value);
    }
    const ahead = !this.dialog.open; // nobody waits for it yet
    const frame = element("iframe", { src: address.href, title: this.dialog.ariaLabel ?? "", allow: "clipboard-write" });
    frame.onload = () =>
      setTimeout(() => {
        if (frame !== this.frame || this.isReady) return;
        this.unload();
        if (!ahead) this.fail();
        else if (this.dialog.open) this.load();
      }, SAYS_SO_WITHIN);
    this.frame = frame;
    this.failure.hidden = true;
    this.dialog.prepend(frame);
  }

  /** Shows the panel: on a small screen over the whole page. */
  show(): void {
    if (this.dialog.open) this.dialog.close();
    if (this.small.matches) this.dialog.showModal();
    else this.dialog.open = true;
    this.load();
    this.wait();
  }

  get isSmall(): boolean {
    return this.small.matches;
  }

  focus(): void {
    (this.isReady ? this.frame : this.cross)?.focus();
  }

  hide(): void {
    clearTimeout(this.timer);
    this.dialog.close();
    if (!this.failure.hidden) this.unload(); // the next opening loads it again
  }

  /** The site has moved the panel: browsers load a frame again when that happens. */
  moved(): void {
    this.setReady(false);
  }

  /** Sends a message to the chat; lost if it is not ready. */
  post(message: ToChat): void {
    if (this.isReady) this.frame?.contentWindow?.postMessage(message, this.options.origin);
  }

  /** Keeps to the part of a phone's screen that its keyboard leaves; enlarging with two fingers is no reason. */
  private fit(): void {
    if (!visualViewport) return;
    const { height, offsetTop, scale } = visualViewport;
    const enlarged = Math.abs(scale - 1) > 0.01;
    this.dialog.style.setProperty("--top", enlarged ? "0px" : `${offsetTop}px`);
    this.dialog.style.setProperty("--height", enlarged ? "100dvh" : `${height}px`);
  }

  private begin(): void {
    const focused = this.hasFocus;
    clearTimeout(this.timer);
    this.failure.hidden = true;
    this.setReady(true);
    if (focused) this.focus(); // what had it is covered now
    this.listener.ready();
  }

  private wait(): void {
    clearTimeout(this.timer);
    if (!this.isReady) this.timer = setTimeout(() => this.fail(), GIVE_UP_AFTER);
  }

  private fail(): void {
    this.failure.hidden = false;
    console.warn(`Klantkompas: the chat of ${this.options.origin} does not load on ${location.origin}.`);
  }

  private reload(): void {
    this.unload();
    this.load();
    this.focus();
    this.wait();
  }

  private unload(): void {
    this.frame?.remove();
    this.frame = undefined;
    this.setReady(false);
  }

  private setReady(ready: boolean): void {
    this.isReady = ready;
    this.dialog.classList.toggle("ready", ready);
  }
}
