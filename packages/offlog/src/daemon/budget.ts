/** Bytes that may wait in the daemon in all before nobody is read for a while, and below which reading goes on. */
const MOST_BYTES = 2_097_152;
const FEW_BYTES = 1_048_576;

/**
 * How much waits to be written in all files that move. A file that is stuck leaves the sum, so that it cannot hold up
 * the others; its own clients are stopped by their own limits.
 */
export class Budget {
  readonly #onChange: (open: boolean) => void;
  #waiting = 0;
  #open = true;

  /** `onChange` is told when reading is to stop and when it may go on. */
  constructor(onChange: (open: boolean) => void) {
    this.#onChange = onChange;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** More bytes wait, or with a negative number less. */
  add(bytes: number): void {
    this.#waiting += bytes;
    const open = this.#open ? this.#waiting <= MOST_BYTES : this.#waiting < FEW_BYTES;
    if (open === this.#open) return;
    this.#open = open;
    this.#onChange(open);
  }
}
