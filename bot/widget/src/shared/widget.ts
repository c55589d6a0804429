// The interface of the widget to the pages that show it: window.klantkompas.
import type { Language } from "./language";

type Phase = "see" | "think" | "do" | "care";

/** What happens in the chat, with what handlers are told about it. No text of the conversation is in it. */
export interface WidgetEvents {
  /** `window.klantkompas` is there. A handler that comes later is called too. */
  ready: Record<string, never>;
  opened: Record<string, never>;
  closed: Record<string, never>;
  /** The visitor sent something on this page, or the advisor answered that. */
  message: { from: "visitor" | "advisor" };
  /** The advisor has named the problem; `symptom` is null where it knows the phase only. */
  diagnosed: { phase: Phase; symptom: string | null };
  /** The conversation is about another phase than before. */
  phase: { phase: Phase };
  /** The advisor has named another problem than before: an id of the knowledge base. */
  symptom: { phase: Phase; symptom: string };
  /** The visitor has sent a request to the agency. */
  request: { kind: "appointment" | "competitor_check" };
  /** The visitor has got a plan. */
  plan: Record<string, never>;
  /** The visitor asked for a person, and read how to reach one. */
  handover: Record<string, never>;
}

export interface Widget {
  open(): void;
  close(): void;
  toggle(): void;
  /** Opens the chat and says this for the visitor. Without a text it only opens. */
  ask(text?: string): void;
  /** Takes the button away, and closes the chat. */
  hide(): void;
  /** Brings the button back. */
  show(): void;
  /** The language of the button and the chat; the answers follow what the visitor writes. */
  setLanguage(language: Language): void;
  /** Calls back when something happens; returns a function that ends that. */
  on<Name extends keyof WidgetEvents>(event: Name, handler: (detail: WidgetEvents[Name]) => void): () => void;
}

declare global {
  interface Window {
    klantkompas?: Widget;
  }
}
