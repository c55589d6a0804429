// The visitor's session, kept with the page's own site: a frame of another site may not keep anything itself.

export class SessionStorage {
  private memory: string | null = null;

  constructor(private readonly key: string) {}

  get(): string | null {
    try {
      return localStorage.getItem(this.key);
    } catch {
      return this.memory; // storage is switched off: the talk lasts as long as the page
    }
  }

  set(token: string): void {
    this.memory = token;
    try {
      localStorage.setItem(this.key, token);
    } catch {
      // as above
    }
  }

  /** Tells of a session that another tab began. */
  onChange(tell: (token: string | null) => void): void {
    addEventListener("storage", (event) => {
      if (event.key === this.key) tell(event.newValue);
    });
  }
}
