// The invitation: a small bubble beside the button, once a visitor, when one of the rules of the site says so.
import type { Language } from "../shared/language";
import { StoredText } from "../shared/storage";
import { ICONS, element, icon } from "./element";
import type { Context } from "./extras";
import style from "./invitation.css";

/** The server replaces this by the texts of the knowledge base: see bot/chat/website/pages.py. */
const TEXTS = "__INVITATION_TEXTS__" as unknown as Record<Language, { invitation: string; dismiss: string }>;

/** Invites as the options say; never on phones unless asked, nor whoever has talked, dismissed or opened before. */
export function invite({ widget, options, shadow, root, launcher, talked }: Context): void {
  const seconds = options.number("inviteAfter") || options.number("greetAfter");
  const depth = options.number("inviteScroll");
  const onExit = options.isOn("inviteExit");
  if (!seconds && !depth && !onExit) return;
  if (!options.isOn("invitePhones") && matchMedia("(max-width: 520px), (pointer: coarse)").matches) return;
  const refused = new StoredText("localStorage", "klantkompas no-invitation"); // for good
  const invited = new StoredText("sessionStorage", "klantkompas invited"); // not on every page
  if (refused.get() || invited.get() || talked()) return;

  const watching = new AbortController();
  const { signal } = watching;
  const timer = seconds ? setTimeout(show, seconds * 1000) : 0;
  let bubble: HTMLElement | null = null;

  function show(): void {
    if (signal.aborted) return;
    stop();
    if (launcher.ariaExpanded === "true" || root.hidden || talked()) return;
    invited.set("yes");
    const texts = TEXTS[options.language];
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    shadow.adoptedStyleSheets.push(sheet);
    bubble = element(
      "div",
      { className: "invitation", lang: options.language },
      element("button", { type: "button", textContent: options.get("invite") || texts.invitation, onclick: () => widget.open() }),
      element("button", { type: "button", className: "dismiss", ariaLabel: texts.dismiss, onclick: refuse }, icon(ICONS.cross)),
    );
    launcher.after(bubble);
  }

  /** The visitor has clicked it away: for good. */
  function refuse(): void {
    refused.set("yes");
    remove();
  }

  function remove(): void {
    stop();
    if (!bubble) return;
    if (bubble.contains(shadow.activeElement)) launcher.focus(); // removing the focused button would lose the focus
    bubble.remove();
    bubble = null;
  }

  function stop(): void {
    clearTimeout(timer);
    watching.abort();
  }

  widget.on("opened", remove);
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && bubble) refuse();
  });
  if (depth) {
    const look = (): void => {
      const { scrollHeight } = document.documentElement;
      if (scrollHeight > innerHeight && (scrollY + innerHeight) / scrollHeight >= depth / 100) show();
    };
    addEventListener("scroll", look, { passive: true, signal });
  }
  if (onExit) {
    // The pointer leaves the window at its top, where the tabs and the address are.
    const left = (event: MouseEvent): void => {
      if (!event.relatedTarget && event.clientY <= 0) show();
    };
    document.addEventListener("mouseout", left, { signal });
  }
}
