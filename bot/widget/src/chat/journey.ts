// The customer journey: a strip of four phases with those of the diagnosis marked; where the journey itself is
// explained, a picture with the names of the phases in plain words, and the five stages below.
import { type TemplateResult, html, nothing } from "lit";
import { styleMap } from "lit/directives/style-map.js";
import type { Journey } from "./types";

export function journey({ label, phases, stages }: Journey): TemplateResult {
  const isStrip = stages.length === 0;
  return html`<figure class="journey ${isStrip ? "strip" : ""}" role="img" aria-label=${label}>
    <div class="phases" aria-hidden="true">
      ${phases.map(
        ({ name, nickname, marked }) => html`<div class="phase ${marked ? "marked" : ""}">
          <b>${name}</b> ${isStrip && !marked ? nothing : html`<span>${nickname}</span>`}
        </div>`,
      )}
    </div>
    ${isStrip ? nothing : stagesBelow(stages)}
  </figure>`;
}

function stagesBelow(stages: Journey["stages"]): TemplateResult {
  return html`<div class="stages" aria-hidden="true">
    ${stages.map(({ name, from, to, marked }) => {
      const columns = styleMap({ "grid-column": `${from + 1} / ${to + 2}` });
      return html`<span class=${marked ? "marked" : ""} style=${columns}>${name}</span>`;
    })}
  </div>`;
}
