const NEWLINE = 0x0a;

/** Bytes that are to be written together; `source` is whose they are. Their memory is no part of anything else. */
export interface Portion {
  readonly source: Source;
  readonly bytes: Buffer;
}

/** What a source of data is told. */
export interface SourceEvents {
  /** Some of its bytes were written. */
  onWritten(): void;
  /** Its bytes could not be written, and no more of them will be: `lost` of them. */
  onFailed(error: unknown, lost: number): void;
  /** Others wait for the end of its line. */
  onAwaited(): void;
}

/**
 * One client's data on its way into a file. `pending` bytes wait to be written; an unfinished line is held apart while
 * others use the file too.
 */
export class Source {
  readonly events: SourceEvents;
  #held: Buffer[] = [];
  #paused = false;
  heldBytes = 0;
  pending = 0;
  /** True when the last byte handed over was not the end of a line. */
  inLine = false;
  /** When the unfinished line began, and when its last byte came; milliseconds of performance.now(). */
  lineSince = 0;
  lastByteAt = 0;

  constructor(events: SourceEvents) {
    this.events = events;
  }

  /** Its client is not read for the time being: that the line does not go on is not its fault. */
  get isPaused(): boolean {
    return this.#paused;
  }

  pause(paused: boolean): void {
    if (this.#paused && !paused) {
      this.lastByteAt = performance.now();
      this.lineSince = this.lastByteAt;
    }
    this.#paused = paused;
  }

  /** Splits what came at the last line end: what may be written now, and the rest is held. */
  whole(bytes: Buffer): Buffer[] {
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      this.#hold(bytes);
      return [];
    }
    const ready = [...this.release(), bytes.subarray(0, end)];
    if (end < bytes.length) this.#hold(bytes.subarray(end));
    return ready;
  }

  /** Gives out the unfinished line. */
  release(): Buffer[] {
    const held = this.#held;
    this.#held = [];
    this.heldBytes = 0;
    return held;
  }

  #hold(bytes: Buffer): void {
    this.#held.push(owned(bytes));
    this.heldBytes += bytes.length;
  }
}

export function endsLine(bytes: Buffer): boolean {
  return bytes[bytes.length - 1] === NEWLINE;
}

/** A copy in memory of its own, which can be given back by itself. */
export function owned(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}
