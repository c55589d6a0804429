// Scrolls the log: a new answer is shown from its question on, unless the visitor has scrolled up to read.

/** Pixels from the end within which the reader counts as being there. */
const END_TOLERANCE = 80;

export class Scrolling {
  constructor(private readonly log: () => HTMLElement | null) {}

  /** Whether the reader is at the end, so that the log may scroll to new messages. */
  get atEnd(): boolean {
    const log = this.log();
    return !log || log.scrollHeight - log.scrollTop - log.clientHeight < END_TOLERANCE;
  }

  toEnd(): void {
    const log = this.log();
    log?.scrollTo({ top: log.scrollHeight, behavior: "instant" });
  }

  /** The start of the last message. */
  toLast(): void {
    this.to(this.log()?.querySelector<HTMLElement>(".messages > li:last-child"), true);
  }

  /** The newest explanation why a message could not be sent, at once: a smooth scroll may be on its way elsewhere. */
  toFailure(): void {
    const problems = this.log()?.querySelectorAll(".failed .problem");
    problems?.[problems.length - 1]?.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  /** The end, but never past the visitor's last question: a long answer is read from its start. */
  toNewest(smooth: boolean): void {
    const log = this.log();
    if (!log) return;
    const questions = log.querySelectorAll<HTMLElement>(".visitor");
    this.to(questions[questions.length - 1] ?? log.querySelector<HTMLElement>(".messages > li:last-child"), smooth);
  }

  private to(anchor: HTMLElement | null | undefined, smooth: boolean): void {
    const log = this.log();
    if (!log) return;
    const end = log.scrollHeight - log.clientHeight;
    const top = anchor ? Math.min(end, anchor.offsetTop - 12) : end;
    const reduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
    log.scrollTo({ top, behavior: smooth && !reduced ? "smooth" : "instant" });
  }
}
