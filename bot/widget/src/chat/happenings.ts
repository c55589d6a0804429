// What happens in the conversation, for the page that shows the chat: no text of it, and each thing once.
import type { Happening } from "../shared/protocol";
import type { AdvisorMessage } from "./types";

/** Tells each change of phase and of symptom once; the rest as often as it happens. */
export class Happenings {
  private readonly last: Partial<Record<"phase" | "symptom", string>> = {};

  constructor(private readonly tell: (event: Happening) => void) {}

  sent(): void {
    this.tell({ name: "message", detail: { from: "visitor" } });
  }

  answered(message: AdvisorMessage): void {
    this.tell({ name: "message", detail: { from: "advisor" } });
    for (const event of message.events) if (!this.isKnown(event)) this.tell(event);
  }

  private isKnown({ name, detail }: Happening): boolean {
    if (name !== "phase" && name !== "symptom") return false;
    const value = name === "phase" ? detail.phase : detail.symptom;
    const known = this.last[name] === value;
    this.last[name] = value;
    return known;
  }
}
