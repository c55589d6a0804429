// Creates elements of the page.

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const created = Object.assign(document.createElement(tag), properties);
  created.append(...children);
  return created;
}

export const ICONS = {
  chat: "M21 12a8 8 0 0 1-8 8H4l2.2-2.8A8 8 0 1 1 21 12Z M9 11h8 M9 14h5",
  down: "M6 9l6 6 6-6",
  cross: "M7 7l10 10 M17 7L7 17",
};

export function icon(path: string): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(svg.namespaceURI, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg as SVGElement;
}
