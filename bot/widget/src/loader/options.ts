// Where the loader came from, and what the site asks for: by the attributes of its script element, else by brand.yml.
import { isColour } from "../shared/colour";
import { type Language, supported } from "../shared/language";

/** Values by the name of an attribute in camel case, with Nl or En behind it for a value in one language. */
type Settings = Record<string, string | undefined>;

/** Settings of brand.yml; `pages` is the regular expression of the pages (host and path) that they are for. */
interface Rule extends Settings {
  pages?: string;
}

/** The server replaces this by the settings of brand.yml, the general ones first: see bot/chat/website/brand_file.py. */
const RULES = "__RULES__" as unknown as Rule[];

export class Options {
  language: Language;
  readonly accent: string;
  readonly theme: "auto" | "light" | "dark";

  constructor(
    /** Origin of the advisor. */
    readonly origin: string,
    private readonly attributes: Settings,
  ) {
    this.language = supported(this.get("language"), document.documentElement.lang, ...navigator.languages);
    const accent = this.get("accent")?.replace(/^#(\w)(\w)(\w)$/, "#$1$1$2$2$3$3");
    if (accent && !isColour(accent)) this.complain("accent");
    this.accent = isColour(accent) ? accent : "#0b5d50";
    const theme = this.get("theme");
    this.theme = theme === "light" || theme === "dark" ? theme : "auto";
  }

  /** The value of an attribute, in the language of the page; else that of brand.yml for this page. */
  get(key: string): string | undefined {
    const page = location.host + location.pathname;
    const rules = RULES.filter(({ pages }) => !pages || new RegExp(pages).test(page)).reverse();
    const localized = key + (this.language === "en" ? "En" : "Nl");
    for (const settings of [this.attributes, ...rules]) {
      const value = settings[localized] ?? settings[key];
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** A number that is not negative; 0 for anything else. */
  number(key: string): number {
    return Math.max(0, Number(this.get(key))) || 0;
  }

  /** Whether a switch is on: an attribute without a value is. */
  isOn(key: string): boolean {
    const value = this.get(key);
    return value !== undefined && value !== "off";
  }

  /** The address of the logo: of the site itself or of the advisor, since any other host would see the visitors. */
  get logo(): string | undefined {
    const logo = this.get("logo");
    if (!logo) return undefined;
    const address = URL.canParse(logo, location.href) ? new URL(logo, location.href) : null;
    if (address && [location.origin, this.origin].includes(address.origin)) return address.href;
    this.complain("logo");
    return undefined;
  }

  private complain(key: string): void {
    console.warn(`Klantkompas: data-${key}="${this.get(key)}" does not fit: see ${this.origin}/install`);
  }
}

/** The options of the script that runs now; null if nothing tells where it came from. */
export function readOptions(): Options | null {
  const script = ownScript();
  const address = script?.src ?? ownAddress();
  return address ? new Options(new URL(address).origin, script?.dataset ?? {}) : null;
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
