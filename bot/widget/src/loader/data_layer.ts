// Tells what happens in the chat to the data layer of Google Tag Manager.
import type { Widget, WidgetEvents } from "../shared/widget";

const NAMES: (keyof WidgetEvents)[] = [
  "ready",
  "opened",
  "closed",
  "message",
  "diagnosed",
  "phase",
  "symptom",
  "request",
  "plan",
  "handover",
];

/** Pushes every event as `klantkompas_<name>`. Each push names all values, since a data layer remembers old ones. */
export function pushTo(name: string, widget: Widget): void {
  const pages = window as unknown as Record<string, unknown>;
  for (const event of NAMES) {
    widget.on(event, (detail) => {
      const { from, phase, symptom, kind } = detail as Partial<Record<string, string>>;
      const layer = (pages[name] ??= []);
      if (!Array.isArray(layer)) return;
      layer.push({
        event: `klantkompas_${event}`,
        klantkompas_from: from,
        klantkompas_phase: phase,
        klantkompas_symptom: symptom ?? undefined,
        klantkompas_kind: kind,
      });
    });
  }
}
