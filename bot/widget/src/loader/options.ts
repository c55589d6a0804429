// Where the loader came from, and what the site asks for by the attributes of its script element.
import { isColour } from "../shared/colour";
import { type Language, supported } from "../shared/language";

export interface Options {
  /** Origin of the advisor. */
  origin: string;
  language: Language;
  accent: string;
  theme: "auto" | "light" | "dark";
  left: boolean;
  /** CSS pixels between the usual place of the button and where it stands now, for a bar at the bottom of the page. */
  offset: number;
  /** Seconds until the invitation; none if not positive. */
  greetAfter: number;
}

/** The options of the script that runs now; null if nothing tells where it came from. */
export function readOptions(): Options | null {
  const script = ownScript();
  const address = script?.src ?? ownAddress();
  if (!address) return null;
  const options = script?.dataset ?? {};
  const accent = options["accent"]?.replace(/^#(\w)(\w)(\w)$/, "#$1$1$2$2$3$3");
  const theme = options["theme"];
  return {
    origin: new URL(address).origin,
    language: supported(options["language"], document.documentElement.lang, ...navigator.languages),
    accent: isColour(accent) ? accent : "#0b5d50",
    theme: theme === "light" || theme === "dark" ? theme : "auto",
    left: options["position"] === "left",
    offset: Math.max(0, Number(options["offsetBottom"])) || 0,
    greetAfter: Number(options["greetAfter"]),
  };
}

/** A module is not the document's current script: its element is found by its address. */
function ownScript(): HTMLScriptElement | undefined {
  const current = document.currentScript;
  if (current instanceof HTMLScriptElement) return current;
  const address = ownAddress();
  return [...document.scripts].find((script) => script.src === address);
}

/** The address of the running script, as browsers note it where an error arises. */
function ownAddress(): string | undefined {
  return /https?:\/\/[^\s()@]*?\/widget\.js[^\s():]*/.exec(new Error().stack ?? "")?.[0];
}
