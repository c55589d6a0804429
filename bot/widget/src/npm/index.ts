// The npm package @klantkompas/widget: puts the chat of an advisor on a page, for sites that are built with a bundler.
import type { Language } from "../shared/language";
import type { Widget } from "../shared/widget";

export type { Language } from "../shared/language";
export type { Widget, WidgetEvents } from "../shared/widget";

/** The attributes of the script element, in camel case. What is left out is as brand.yml of the advisor says. */
export interface WidgetOptions {
  language?: Language;
  name?: string;
  credit?: boolean;
  /** Address of an image on the site itself. */
  logo?: string;
  greeting?: string;
  /** Words in the button. */
  label?: string;
  /** A colour as #rrggbb or #rgb. */
  accent?: string;
  theme?: "light" | "dark" | "auto";
  position?: "left" | "right";
  /** Pixels. */
  offsetBottom?: number;
  offsetSide?: number;
  /** The sentence of the invitation, which one of the next three shows. */
  invite?: string;
  /** Seconds. */
  inviteAfter?: number;
  /** Percent of the page. */
  inviteScroll?: number;
  inviteExit?: boolean;
  invitePhones?: boolean;
  /** Name of Google Tag Manager's data layer. */
  dataLayer?: string;
}

let loading: Promise<Widget> | undefined;

/**
 * Puts the chat on the page, once, and gives its interface.
 *
 * @param advisor Origin of the advisor, such as https://advisor.example.
 * @throws If the script cannot be loaded; the next call tries again.
 */
export function load(advisor: string, options: WidgetOptions = {}): Promise<Widget> {
  loading ??= window.klantkompas ? Promise.resolve(window.klantkompas) : add(advisor, options);
  return loading;
}

function add(advisor: string, options: WidgetOptions): Promise<Widget> {
  const script = document.createElement("script");
  script.src = new URL("/widget.js", advisor).href;
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) script.dataset[name] = typeof value === "boolean" ? (value ? "on" : "off") : String(value);
  }
  return new Promise((resolve, reject) => {
    script.onload = () => resolve(window.klantkompas as Widget);
    script.onerror = () => {
      loading = undefined;
      script.remove();
      reject(new Error(`Klantkompas: ${script.src} does not load.`));
    };
    document.head.append(script);
  });
}
