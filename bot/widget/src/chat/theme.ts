// Derives readable variants of the site's accent colour for light and dark.
import { readable, textOn } from "../shared/colour";

/** The backgrounds of accent-coloured text in style.css. */
const LIGHT = "#f2f4f3";
const DARK = "#24292a";

export function paint(accent: string, theme: "auto" | "light" | "dark"): void {
  const root = document.documentElement;
  if (theme !== "auto") root.style.colorScheme = theme;
  root.style.setProperty("--accent", accent);
  root.style.setProperty("--on-accent", textOn(accent));
  root.style.setProperty("--accent-on-light", readable(accent, LIGHT, 4.5));
  root.style.setProperty("--accent-on-dark", readable(accent, DARK, 4.5));
}
