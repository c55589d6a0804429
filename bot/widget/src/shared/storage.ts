// What the widget keeps in the storage of the site that shows it: browsers deny storage to frames of other sites.

/** A text in the storage of the browser; where that is disabled, it lasts as long as the page. */
export class StoredText {
  private memory: string | null = null;

  constructor(
    private readonly area: "localStorage" | "sessionStorage",
    private readonly key: string,
  ) {}

  get(): string | null {
    try {
      return window[this.area].getItem(this.key);
    } catch {
      return this.memory;
    }
  }

  set(text: string | null): void {
    this.memory = text;
    try {
      if (text === null) window[this.area].removeItem(this.key);
      else window[this.area].setItem(this.key, text);
    } catch {
      // as above
    }
  }

  /** Calls back when another tab changed it. */
  onChange(callback: (text: string | null) => void): void {
    addEventListener("storage", (event) => {
      if (event.key === this.key) callback(event.newValue);
    });
  }
}

/** The token of the visitor's session with an advisor. */
export function storedSession(origin: string): StoredText {
  return new StoredText("localStorage", `klantkompas ${origin}`);
}

/** The position of the last message that the visitor has seen, in any tab; nothing in a new conversation. */
export class StoredPosition {
  private readonly text: StoredText;

  constructor(origin: string) {
    this.text = new StoredText("localStorage", `klantkompas-read ${origin}`);
  }

  get(): number | null {
    return position(this.text.get());
  }

  set(position: number | null): void {
    this.text.set(position === null ? null : String(position));
  }

  /** Calls back when another tab changed it. */
  onChange(callback: (position: number | null) => void): void {
    this.text.onChange((text) => callback(position(text)));
  }
}

function position(text: string | null): number | null {
  return text && /^\d+$/.test(text) ? Number(text) : null;
}

/** What the visitor has written but not sent, in this tab. */
export function storedDraft(): StoredText {
  return new StoredText("sessionStorage", "klantkompas draft");
}
