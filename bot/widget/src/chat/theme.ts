// The site's accent colour, made readable on light and on dark.
import { readable, textOn } from "../shared/colour";

/** The backgrounds in style.css that accent-coloured text stands on. */
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
