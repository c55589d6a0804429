// Scrolls the log: a new answer is shown from its question on, unless the visitor has scrolled up to read.

/** Pixels from the end within which the reader counts as being there. */
const END_TOLERANCE = 80;

/** Share of the log from which a question is not shown above its answer. */
const MUCH = 0.22;

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

  /** The end, but never past the visitor's last question, or past the answer if the question takes much of the log. */
  toNewest(smooth: boolean): void {
    const log = this.log();
    if (!log) return;
    const questions = log.querySelectorAll<HTMLElement>(".visitor");
    const question = questions[questions.length - 1];
    const answer = question?.nextElementSibling as HTMLElement | null;
    const isLong = question && question.offsetHeight > log.clientHeight * MUCH;
    this.to(isLong && answer ? answer : (question ?? log.querySelector<HTMLElement>(".messages > li:last-child")), smooth);
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
