// The loader: draws the button on a host page, and opens the chat in a frame on first use.
import { isColour, textOn } from "../shared/colour";
import { type Language, fill, supported } from "../shared/language";
import { type ToChat, type ToHost, isMessage } from "../shared/protocol";
import { SessionStorage } from "../shared/storage";
import { style } from "./style";

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

type Key = "open" | "close" | "unread" | "invitation" | "dismiss" | "unreachable";

// The server replaces this by the texts of the knowledge base.
const TEXTS = "__TEXTS__" as unknown as Record<Language, Record<Key, string>>;
const SMALL = "(max-width: 520px), (max-height: 480px)";
const GIVE_UP_AFTER = 10_000;

const ICONS = {
  chat: "M21 12a8 8 0 0 1-8 8H4l2.2-2.8A8 8 0 1 1 21 12Z M9 11h8 M9 14h5",
  down: "M6 9l6 6 6-6",
  cross: "M7 7l10 10 M17 7L7 17",
};

function icon(path: string): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(svg.namespaceURI, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg as SVGElement;
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const created = Object.assign(document.createElement(tag), properties);
  created.append(...children);
  return created;
}

function start(script: HTMLScriptElement): Widget {
  const options = script.dataset;
  const origin = new URL(script.src).origin;
  const language = supported(options["language"], document.documentElement.lang, ...navigator.languages);
  const texts = TEXTS[language];
  const accent = isColour(options["accent"]) ? options["accent"] : "#0b5d50";
  const theme = options["theme"] === "light" || options["theme"] === "dark" ? options["theme"] : "auto";
  const session = new SessionStorage(`klantkompas ${origin}`);
  const small = matchMedia(SMALL);

  let frame: HTMLIFrameElement | undefined;
  let ready = false;
  let returnTo: Element | null = null;
  const waiting: ToChat[] = [];

  const badge = element("span", { className: "badge", hidden: true, ariaHidden: "true" });
  const launcher = element("button", { className: "launcher", type: "button", ariaLabel: texts.open }, icon(ICONS.chat), badge);
  launcher.setAttribute("aria-expanded", "false");
  const retry = element("button", { type: "button", textContent: texts.close, onclick: () => close() });
  const failed = element("div", { className: "failed", hidden: true }, element("p", { textContent: texts.unreachable }), retry);
  failed.setAttribute("role", "alert");
  const dialog = element("dialog", { ariaLabel: texts.open }, failed);
  const invitation = element(
    "div",
    { className: "invitation", hidden: true },
    element("button", { type: "button", textContent: texts.invitation, onclick: () => open() }),
    element("button", { type: "button", className: "dismiss", ariaLabel: texts.dismiss, onclick: () => dismiss() }, icon(ICONS.cross)),
  );
  const root = element("div", { className: options["position"] === "left" ? "left" : "" }, launcher, invitation, dialog);
  root.lang = language;
  root.style.setProperty("--accent", accent);
  root.style.setProperty("--on-accent", textOn(accent));
  root.style.setProperty("--scheme", theme === "auto" ? "light dark" : theme);

  const outer = element("div", { id: "klantkompas" });
  const shadow = outer.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  shadow.adoptedStyleSheets = [sheet];
  shadow.append(root);
  document.body.append(outer);

  function post(message: ToChat): void {
    if (ready) frame?.contentWindow?.postMessage(message, origin);
    else waiting.push(message);
  }

  function load(): void {
    if (frame) return;
    const address = new URL("/chat", origin);
    address.search = new URLSearchParams({ host: location.origin, language, accent, theme }).toString();
    frame = element("iframe", { src: address.href, title: texts.open, allow: "clipboard-write" });
    dialog.prepend(frame);
  }

  function show(): void {
    if (small.matches) dialog.showModal();
    else dialog.show();
  }

  function open(): void {
    if (dialog.open) return;
    dismiss();
    load();
    returnTo = shadow.activeElement ?? document.activeElement;
    show();
    launcher.setAttribute("aria-expanded", "true");
    launcher.ariaLabel = texts.close;
    launcher.firstChild?.replaceWith(icon(ICONS.down));
    frame?.focus();
    post({ klantkompas: "shown", shown: true, focus: true });
    setTimeout(() => (failed.hidden = ready), ready ? 0 : GIVE_UP_AFTER);
  }

  function close(): void {
    if (!dialog.open) return;
    dialog.close();
    launcher.setAttribute("aria-expanded", "false");
    launcher.firstChild?.replaceWith(icon(ICONS.chat));
    unread(0);
    post({ klantkompas: "shown", shown: false, focus: false });
    const back = returnTo instanceof HTMLElement && returnTo.isConnected && returnTo !== document.body ? returnTo : launcher;
    back.focus();
    if (!failed.hidden) {
      frame?.remove(); // the next opening loads it again
      frame = undefined;
      failed.hidden = true;
    }
  }

  function toggle(): void {
    if (dialog.open) close();
    else open();
  }

  function ask(text: string): void {
    open();
    post({ klantkompas: "ask", text: String(text) });
  }

  function unread(number: number): void {
    badge.hidden = number === 0;
    badge.textContent = String(number);
    if (!dialog.open) launcher.ariaLabel = texts.open + (number ? `, ${fill(texts.unread, { number })}` : "");
  }

  function dismiss(): void {
    if (invitation.contains(shadow.activeElement)) launcher.focus(); // hiding the focused button would lose the focus
    invitation.hidden = true;
    try {
      sessionStorage.setItem("klantkompas invited", "yes");
    } catch {
      // storage is disabled: the invitation may come back on the next page
    }
  }

  function inviteAfter(seconds: number): void {
    let invited: string | null = null;
    try {
      invited = sessionStorage.getItem("klantkompas invited");
    } catch {
      // as above
    }
    if (!(seconds > 0) || invited || session.get()) return;
    setTimeout(() => (invitation.hidden = frame !== undefined), seconds * 1000);
  }

  addEventListener("message", (event) => {
    if (event.origin !== origin || !frame || event.source !== frame.contentWindow || !isMessage(event.data)) return;
    const message = event.data as ToHost;
    if (message.klantkompas === "ready") {
      ready = true;
      failed.hidden = true;
      post({ klantkompas: "session", token: session.get() });
      waiting.splice(0).forEach(post);
    } else if (message.klantkompas === "session") session.set(message.token);
    else if (message.klantkompas === "unread") unread(message.number);
    else if (message.klantkompas === "close") close();
  });
  session.onChange((token) => ready && post({ klantkompas: "session", token }));

  launcher.addEventListener("click", toggle);
  launcher.addEventListener("pointerenter", load); // starts loading before the click
  launcher.addEventListener("focus", load);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && dialog.open) close();
    else if (event.key === "Escape") dismiss();
  });
  small.addEventListener("change", () => {
    if (!dialog.open) return;
    dialog.close();
    show();
  });
  if (session.get()) (window.requestIdleCallback ?? setTimeout)(load); // a returning visitor: new messages may come
  inviteAfter(Number(options["greetAfter"]));
  return { open, close, toggle, ask };
}

const script = document.currentScript;
if (script instanceof HTMLScriptElement && !window.klantkompas) window.klantkompas = start(script);
