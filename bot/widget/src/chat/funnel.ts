// The picture of a funnel: a bar for each step, drawn to scale, with what is usual as a line and the leak marked.
import { type TemplateResult, html, nothing, svg } from "lit";
import type { Funnel } from "./types";

const WIDTH = 280;
const ROW = 46;
const BAR = 16;
const LEAST = 3; // a bar that can be seen

export function funnel({ label, leak, bars }: Funnel): TemplateResult {
  return html`<figure class="funnel">
    <svg role="img" aria-label=${label} viewBox="0 0 ${WIDTH} ${bars.length * ROW}">
      ${bars.map((bar, at) => {
        const top = at * ROW;
        const usual = bar.usual === null ? null : Math.max(LEAST, bar.usual * WIDTH);
        return svg`<g class=${bar.leaks ? "leak" : ""}>
          <text x="0" y=${top + 12}>${bar.name}: ${bar.value}</text>
          <text x=${WIDTH} y=${top + 12} text-anchor="end" class="rate">
            ${[bar.rate, bar.leaks ? leak : bar.usual_rate].filter(Boolean).join(", ")}
          </text>
          <rect class="whole" x="0" y=${top + 18} width=${WIDTH} height=${BAR} rx="3" />
          <rect class="bar" x="0" y=${top + 18} width=${Math.max(LEAST, bar.width * WIDTH)} height=${BAR} rx="3" />
          ${usual === null ? nothing : svg`<line x1=${usual} x2=${usual} y1=${top + 15} y2=${top + 37} />`}
        </g>`;
      })}
    </svg>
  </figure>`;
}
