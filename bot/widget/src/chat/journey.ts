// The picture of the journey: the four phases as a path, those of the diagnosis marked, and the five stages below.
import { type TemplateResult, html, nothing } from "lit";
import { styleMap } from "lit/directives/style-map.js";
import type { Journey } from "./types";

export function picture(journey: Journey): TemplateResult {
  return html`<figure class="journey" role="img" aria-label=${journey.label}>
    <div class="phases" aria-hidden="true">
      ${journey.phases.map(
        (phase) => html`<div class="phase ${phase.marked ? "marked" : ""}">
          <b>${phase.name}</b><span>${phase.nickname}</span>
          ${phase.marked ? html`<i>${journey.here}</i>` : nothing}
        </div>`,
      )}
    </div>
    <div class="stages" aria-hidden="true">
      ${journey.stages.map(
        (stage) => html`<span
          class=${stage.marked ? "marked" : ""}
          style=${styleMap({ "grid-column": `${stage.from + 1} / ${stage.to + 2}` })}
          >${stage.name}</span
        >`,
      )}
    </div>
  </figure>`;
}
