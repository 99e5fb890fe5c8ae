/** Milliseconds between two states of the line. */
const EVERY = 100;
/** Milliseconds between two lines where there is no terminal. */
const LINE_EVERY = 10_000;

/** A line on a terminal that tells how far a long work is; elsewhere nothing, or a line now and then. */
export class Progress {
  readonly #lines: boolean;
  #shownAt = 0;
  #shown = false;

  /** `lines`: without a terminal there is a line every ten seconds. */
  constructor({ lines = false }: { readonly lines?: boolean } = {}) {
    this.#lines = lines;
    if (!process.stderr.isTTY) this.#shownAt = performance.now();
  }

  show(what: string, done: number, of: number): void {
    this.showLine(() => `${what}: ${done} of ${of}`, done >= of);
  }

  /** `line` is asked for when it is time to show it; the last one always is. */
  showLine(line: () => string, isLast: boolean): void {
    const now = performance.now();
    if (!process.stderr.isTTY) {
      if (!this.#lines || now - this.#shownAt < LINE_EVERY) return;
      this.#shownAt = now;
      process.stderr.write(`${line()}\n`);
      return;
    }
    if (now - this.#shownAt < EVERY && !isLast) return;
    this.#shownAt = now;
    this.#shown = true;
    process.stderr.write(`\r\x1b[K${line()}`);
  }

  /** To be called before anything else is written. */
  clear(): void {
    if (this.#shown) process.stderr.write('\r\x1b[K');
    this.#shown = false;
  }
}
