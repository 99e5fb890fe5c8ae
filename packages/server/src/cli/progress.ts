/** Milliseconds between two states of the line. */
const EVERY = 100;

/** A line on a terminal that tells how far a long work is; elsewhere nothing. */
export class Progress {
  #shownAt = 0;
  #shown = false;

  show(what: string, done: number, of: number): void {
    const now = performance.now();
    if (!process.stderr.isTTY || (now - this.#shownAt < EVERY && done < of)) return;
    this.#shownAt = now;
    this.#shown = true;
    process.stderr.write(`\r\x1b[K${what}: ${done} of ${of}`);
  }

  /** To be called before anything else is written. */
  clear(): void {
    if (this.#shown) process.stderr.write('\r\x1b[K');
    this.#shown = false;
  }
}
