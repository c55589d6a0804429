// The loader: draws the button on a host page, and opens the chat in a panel on first use.
import { textOn } from "../shared/colour";
import { type Language, fill, supported } from "../shared/language";
import type { Happening, ToHost } from "../shared/protocol";
import { StoredPosition, StoredText, storedDraft, storedSession } from "../shared/storage";
import type { Widget } from "../shared/widget";
import { addEntry, onBack, removeEntry } from "./back";
import { ICONS, element, icon } from "./element";
import type { Extras } from "./extras";
import { mount } from "./mount";
import { type Options, readOptions } from "./options";
import { Panel } from "./panel";
import style from "./style.css";
import { TEXTS } from "./texts";

const EVENT = "klantkompas:";

function start(options: Options): Widget {
  const session = storedSession(options.origin);
  const read = new StoredPosition(options.origin);
  const draft = storedDraft();
  const stays = new StoredText("sessionStorage", "klantkompas open"); // on the next page

  let opened = false;
  let unread = 0;
  let returnTo: Element | null = null;
  const questions: string[] = []; // to ask as soon as the chat is ready

  const badge = element("span", { className: "badge", ariaHidden: "true" });
  const label = element("span", { className: "label" });
  const launcher = element("button", { className: "launcher", type: "button" }, icon(ICONS.chat), label, badge);
  const panel = new Panel(options, { ready, received, closed: close });
  const root = element("div", { className: options.get("position") === "left" ? "root left" : "root" }, launcher, panel.dialog);
  root.popover = "manual"; // in the top layer, above all bars and banners of the page
  const { accent, theme } = options;
  root.style.cssText =
    `--accent:${accent};--on-accent:${textOn(accent)};--scheme:${theme === "auto" ? "light dark" : theme};` +
    `--offset:${options.number("offsetBottom")}px;--aside:${options.number("offsetSide")}px`;

  const outer = document.createElement("klantkompas-widget");
  outer.id = "klantkompas";
  const shadow = outer.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet(); // the strictest Content-Security-Policy of a host page allows it
  sheet.replaceSync(style);
  shadow.adoptedStyleSheets = [sheet];
  shadow.append(root);
  write();
  mount(outer, () => {
    root.showPopover();
    panel.moved();
    if (opened) panel.show();
  });

  /** Writes what the button says, in the language of the page. */
  function write(): void {
    const texts = TEXTS[options.language];
    const text = options.get("label");
    root.lang = options.language;
    label.textContent = opened ? "" : (text ?? "");
    badge.hidden = unread === 0;
    badge.textContent = String(unread);
    launcher.ariaExpanded = String(opened);
    launcher.ariaLabel = opened
      ? texts.close
      : (text || texts.open) + (unread ? `, ${fill(texts.unread, { number: unread })}` : "");
    launcher.firstChild?.replaceWith(icon(opened ? ICONS.down : ICONS.chat));
  }

  function open(byVisitor = true): void {
    show();
    if (opened) return;
    opened = true;
    stays.set("yes");
    write();
    tell({ name: "opened", detail: {} });
    if (!outer.isConnected) return; // shown as soon as the page has a body
    returnTo = shadow.activeElement ?? document.activeElement;
    panel.show();
    if (byVisitor) panel.focus();
    if (byVisitor && panel.isSmall) addEntry();
    postPage();
    panel.post({ klantkompas: "shown", shown: true, focus: byVisitor });
  }

  function close(): void {
    if (!opened) return;
    opened = false;
    stays.set(null);
    removeEntry();
    panel.hide();
    unread = 0;
    write();
    panel.post({ klantkompas: "shown", shown: false, focus: false });
    const back = returnTo instanceof HTMLElement && returnTo.isConnected && returnTo !== document.body ? returnTo : launcher;
    back.focus();
    tell({ name: "closed", detail: {} });
  }

  function toggle(): void {
    if (opened) close();
    else open();
  }

  function hide(): void {
    close();
    root.hidden = true;
  }

  function show(): void {
    root.hidden = false;
  }

  function ask(text?: string): void {
    open();
    if (typeof text !== "string") return;
    questions.push(text);
    askAll();
  }

  function askAll(): void {
    if (panel.isReady) for (const text of questions.splice(0)) panel.post({ klantkompas: "ask", text });
  }

  function setLanguage(language: Language): void {
    options.language = supported(language);
    write();
    panel.write();
    panel.post({ klantkompas: "language", language: options.language });
  }

  const on: Widget["on"] = (name, handler) => {
    const listener = (event: Event): void => handler((event as CustomEvent).detail);
    addEventListener(EVENT + name, listener);
    if (name === "ready") queueMicrotask(() => handler({} as never));
    return () => removeEventListener(EVENT + name, listener);
  };

  function ready(): void {
    postPage();
    panel.post({ klantkompas: "session", token: session.get() });
    panel.post({ klantkompas: "read", position: read.get() });
    panel.post({ klantkompas: "draft", text: draft.get() ?? "" });
    if (opened) panel.post({ klantkompas: "shown", shown: true, focus: panel.hasFocus });
    askAll();
  }

  function postPage(): void {
    const { title, referrer } = document;
    panel.post({ klantkompas: "page", address: location.href, title, referrer });
  }

  function received(message: ToHost): void {
    if (message.klantkompas === "session") {
      session.set(message.token);
      read.set(null);
    } else if (message.klantkompas === "read") read.set(message.position);
    else if (message.klantkompas === "draft") draft.set(message.text || null);
    else if (message.klantkompas === "unread") {
      unread = message.number;
      write();
    } else if (message.klantkompas === "event") tell(message.event);
    else if (message.klantkompas === "close") close();
  }

  /** Loads what few sites ask for: invitations, and Google's data layer. */
  function loadExtras(): void {
    const wanted = ["inviteAfter", "greetAfter", "inviteScroll", "inviteExit", "dataLayer"];
    if (!wanted.some((key) => options.isOn(key))) return;
    import(`${options.origin}/widget/extras.js`).then(
      ({ start }: Extras) => start({ widget, options, shadow, root, launcher, talked: () => session.get() !== null }),
      (error: unknown) => console.warn("Klantkompas:", error),
    );
  }

  session.onChange((token) => panel.post({ klantkompas: "session", token }));
  read.onChange((position) => panel.post({ klantkompas: "read", position }));
  onBack(close);
  launcher.addEventListener("click", toggle);
  launcher.addEventListener("pointerenter", () => panel.load()); // starts loading before the click
  launcher.addEventListener("focus", () => panel.load());
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  if (stays.get()) open(false);
  else if (session.get()) (window.requestIdleCallback ?? setTimeout)(() => panel.load()); // new messages may come
  const widget: Widget = { open: () => open(), close, toggle, ask, hide, show, setLanguage, on };
  loadExtras();
  return widget;
}

/** Tells the page what happened. */
function tell({ name, detail }: Happening): void {
  dispatchEvent(new CustomEvent(EVENT + name, { detail }));
}

const options = readOptions();
if (options && !window.klantkompas) {
  window.klantkompas = start(options);
  tell({ name: "ready", detail: {} });
}
