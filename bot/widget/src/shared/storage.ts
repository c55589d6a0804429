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
