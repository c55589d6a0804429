// Contrast as WCAG 2.2 defines it, to keep any accent colour readable.

type Rgb = [number, number, number];

export const BLACK = "#000000";
export const WHITE = "#ffffff";

export function isColour(text: string | undefined): text is string {
  return /^#[0-9a-f]{6}$/i.test(text ?? "");
}

function rgb(colour: string): Rgb {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)) as Rgb;
}

function hex(parts: Rgb): string {
  return `#${parts.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
}

function luminance(colour: string): number {
  const [r, g, b] = rgb(colour).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio of two colours: 1 (the same) to 21 (black on white). */
export function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** Black or white, whichever has more contrast with a background: always at least 4.58. */
export function textOn(background: string): string {
  return luminance(background) > 0.1791 ? BLACK : WHITE; // where both have the same: √(1.05 × 0.05) − 0.05
}

/** The colour, made as little lighter or darker as it takes to reach a contrast ratio with a background. */
export function readable(colour: string, background: string, ratio: number): string {
  const towards = rgb(textOn(background));
  const from = rgb(colour);
  for (let step = 0; step <= 20; step += 1) {
    const mixed = hex(from.map((part, at) => part + ((towards[at] as number) - part) * (step / 20)) as Rgb);
    if (contrast(mixed, background) >= ratio) return mixed;
  }
  return hex(towards);
}
