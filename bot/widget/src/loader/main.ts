// The loader: draws the button on a host page, and opens the chat in a panel on first use.
import { textOn } from "../shared/colour";
import { fill } from "../shared/language";
import type { ToHost } from "../shared/protocol";
import { StoredPosition, StoredText, storedDraft, storedSession } from "../shared/storage";
import { addEntry, onBack, removeEntry } from "./back";
import { ICONS, element, icon } from "./element";
import { mount } from "./mount";
import { type Options, readOptions } from "./options";
import { Panel } from "./panel";
import { style } from "./style";
import { TEXTS } from "./texts";

interface Widget {
  open(): void;
  close(): void;
  toggle(): void;
  ask(text: string): void;
}

declare global {
  interface Window {
    klantkompas?: Widget;
  }
}

function start(options: Options): Widget {
  const texts = TEXTS[options.language];
  const session = storedSession(options.origin);
  const read = new StoredPosition(options.origin);
  const draft = storedDraft();
  const stays = new StoredText("sessionStorage", "klantkompas open"); // on the next page
  const invited = new StoredText("sessionStorage", "klantkompas invited");

  let opened = false;
  let returnTo: Element | null = null;
  const questions: string[] = []; // to ask as soon as the chat is ready

  const badge = element("span", { className: "badge", hidden: true, ariaHidden: "true" });
  const launcher = element("button", { className: "launcher", type: "button", ariaLabel: texts.open }, icon(ICONS.chat), badge);
  launcher.setAttribute("aria-expanded", "false");
  const invitation = element(
    "div",
    { className: "invitation", hidden: true },
    element("button", { type: "button", textContent: texts.invitation, onclick: () => open() }),
    element("button", { type: "button", className: "dismiss", ariaLabel: texts.dismiss, onclick: () => dismiss() }, icon(ICONS.cross)),
  );
  const panel = new Panel(options, texts, { ready, received, closed: close });
  const root = element("div", { className: options.left ? "root left" : "root" }, launcher, invitation, panel.dialog);
  root.popover = "manual"; // in the top layer, above all bars and banners of the page
  root.lang = options.language;
  root.style.setProperty("--accent", options.accent);
  root.style.setProperty("--on-accent", textOn(options.accent));
  root.style.setProperty("--scheme", options.theme === "auto" ? "light dark" : options.theme);
  root.style.setProperty("--offset", `${options.offset}px`);

  const outer = document.createElement("klantkompas-widget");
  outer.id = "klantkompas";
  const shadow = outer.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  shadow.adoptedStyleSheets = [sheet];
  shadow.append(root);
  mount(outer, () => {
    root.showPopover();
    panel.moved();
    if (opened) panel.show();
  });

  function open(byVisitor = true): void {
    if (opened) return;
    opened = true;
    stays.set("yes");
    dismiss();
    launcher.setAttribute("aria-expanded", "true");
    launcher.ariaLabel = texts.close;
    launcher.firstChild?.replaceWith(icon(ICONS.down));
    if (!outer.isConnected) return; // shown as soon as the page has a body
    returnTo = shadow.activeElement ?? document.activeElement;
    panel.show();
    if (byVisitor) panel.focus();
    if (byVisitor && panel.isSmall) addEntry();
    panel.post({ klantkompas: "shown", shown: true, focus: byVisitor });
  }

  function close(): void {
    if (!opened) return;
    opened = false;
    stays.set(null);
    removeEntry();
    panel.hide();
    launcher.setAttribute("aria-expanded", "false");
    launcher.firstChild?.replaceWith(icon(ICONS.chat));
    unread(0);
    panel.post({ klantkompas: "shown", shown: false, focus: false });
    const back = returnTo instanceof HTMLElement && returnTo.isConnected && returnTo !== document.body ? returnTo : launcher;
    back.focus();
  }

  function toggle(): void {
    if (opened) close();
    else open();
  }

  function ask(text: string): void {
    open();
    if (typeof text !== "string") return;
    questions.push(text);
    askAll();
  }

  function askAll(): void {
    if (panel.isReady) for (const text of questions.splice(0)) panel.post({ klantkompas: "ask", text });
  }

  function ready(): void {
    panel.post({ klantkompas: "session", token: session.get() });
    panel.post({ klantkompas: "read", position: read.get() });
    panel.post({ klantkompas: "draft", text: draft.get() ?? "" });
    if (opened) panel.post({ klantkompas: "shown", shown: true, focus: panel.hasFocus });
    askAll();
  }

  function received(message: ToHost): void {
    if (message.klantkompas === "session") {
      session.set(message.token);
      read.set(null);
    } else if (message.klantkompas === "read") read.set(message.position);
    else if (message.klantkompas === "draft") draft.set(message.text || null);
    else if (message.klantkompas === "unread") unread(message.number);
    else if (message.klantkompas === "close") close();
  }

  function unread(number: number): void {
    badge.hidden = number === 0;
    badge.textContent = String(number);
    if (!opened) launcher.ariaLabel = texts.open + (number ? `, ${fill(texts.unread, { number })}` : "");
  }

  function dismiss(): void {
    if (invitation.contains(shadow.activeElement)) launcher.focus(); // hiding the focused button would lose the focus
    invitation.hidden = true;
    invited.set("yes");
  }

  function inviteAfter(seconds: number): void {
    if (!(seconds > 0) || invited.get() || session.get()) return;
    setTimeout(() => (invitation.hidden = panel.isLoaded), seconds * 1000);
  }

  session.onChange((token) => panel.post({ klantkompas: "session", token }));
  read.onChange((position) => panel.post({ klantkompas: "read", position }));
  onBack(close);
  launcher.addEventListener("click", toggle);
  launcher.addEventListener("pointerenter", () => panel.load()); // starts loading before the click
  launcher.addEventListener("focus", () => panel.load());
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (opened) close();
    else dismiss();
  });
  if (stays.get()) open(false);
  else if (session.get()) (window.requestIdleCallback ?? setTimeout)(() => panel.load()); // new messages may come
  inviteAfter(options.greetAfter);
  return { open: () => open(), close, toggle, ask };
}

const options = readOptions();
if (options && !window.klantkompas) window.klantkompas = start(options);
