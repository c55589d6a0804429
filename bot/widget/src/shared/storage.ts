// The visitor's session, in the storage of the site that shows the chat: browsers deny storage to frames of other sites.

export class SessionStorage {
  private memory: string | null = null;

  constructor(private readonly key: string) {}

  get(): string | null {
    try {
      return localStorage.getItem(this.key);
    } catch {
      return this.memory; // storage is disabled: the conversation lasts as long as the page
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

  /** Calls back when another tab began a new session. */
  onChange(callback: (token: string | null) => void): void {
    addEventListener("storage", (event) => {
      if (event.key === this.key) callback(event.newValue);
    });
  }
}
