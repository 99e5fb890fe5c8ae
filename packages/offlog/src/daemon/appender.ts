import type { LogFile } from './log-file.ts';
import { owned, Source } from './source.ts';

const NEWLINE = 0x0a;

/** A client in the middle of a line that another file waits for is given up on after this; milliseconds. */
const LINE_PAUSE = 100;

/** What the owner of an appender is told. */
export interface AppenderEvents {
  /** Less waits than before. */
  onWritten(): void;
  /** The file cannot be used any more; `lost` bytes were not written and will not be. */
  onFailed(error: unknown, lost: number): void;
  /** Others wait for the end of the line. */
  onAwaited(): void;
}

/**
 * One stream of bytes into the file of a name. When the name comes to stand for another file, the line that is open is
 * finished in the old one first.
 */
export class Appender {
  readonly #events: AppenderEvents;
  #current: { file: LogFile; source: Source };
  /** Where to go on behind the end of the line. */
  #next: LogFile | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Sources in files that were left, with bytes on the way. */
  readonly #leaving = new Set<Source>();
  #ended = false;

  constructor(file: LogFile, events: AppenderEvents) {
    this.#events = events;
    this.#current = this.#join(file);
  }

  get file(): LogFile {
    return this.#current.file;
  }

  /** Bytes that were taken over and are not written yet. */
  get pending(): number {
    const { source } = this.#current;
    let sum = this.#leaving.has(source) ? 0 : source.pending;
    for (const { pending } of this.#leaving) sum += pending;
    return sum;
  }

  /** Others wait for the end of its line: it should be read whatever waits elsewhere. */
  get isAwaited(): boolean {
    return this.file.isAwaited(this.#current.source);
  }

  /** To be told when its client is not read, and when it is again. */
  pause(paused: boolean): void {
    this.#current.source.pause(paused);
  }

  /** Takes bytes over, which must have memory of their own: it is given back when they are written. */
  append(bytes: Buffer): void {
    if (this.#ended) return;
    const { file, source } = this.#current;
    if (this.#next === undefined) {
      file.append(source, bytes);
      return;
    }
    const end = bytes.indexOf(NEWLINE) + 1;
    if (end === 0) {
      file.append(source, bytes);
      return;
    }
    // Parts of one buffer are given back one by one, so each has its own.
    file.append(source, owned(bytes.subarray(0, end)));
    this.#move();
    if (end < bytes.length) this.#current.file.append(this.#current.source, owned(bytes.subarray(end)));
  }

  /** The name stands for another file now. */
  moveTo(file: LogFile): void {
    if (this.#ended || file === this.#next || (this.#next === undefined && file === this.file)) return;
    this.#next?.release();
    file.retain();
    this.#next = file;
    this.#moveWhenQuiet();
  }

  /** The file is lost to its name. What was taken over is written into it all the same. */
  fail(error: unknown): void {
    this.#events.onFailed(error, 0);
  }

  /** No more comes: what is held is written. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#next?.release();
    this.#next = undefined;
    this.#leave();
  }

  #moveWhenQuiet(): void {
    const { source } = this.#current;
    const quiet = !source.isPaused && performance.now() - source.lastByteAt >= LINE_PAUSE;
    if ((!source.inLine && source.heldBytes === 0) || quiet) this.#move();
    else this.#timer = setTimeout(() => this.#next && this.#moveWhenQuiet(), LINE_PAUSE / 4);
  }

  #move(): void {
    const next = this.#next;
    if (next === undefined) return;
    clearTimeout(this.#timer);
    this.#next = undefined;
    const { isPaused } = this.#current.source;
    this.#leave();
    this.#current = this.#join(next);
    this.#current.source.pause(isPaused);
    next.release();
  }

  #leave(): void {
    const { file, source } = this.#current;
    if (source.pending > 0) this.#leaving.add(source);
    file.finish(source);
    file.release();
  }

  #join(file: LogFile): { file: LogFile; source: Source } {
    const source: Source = new Source({
      onWritten: () => {
        if (source.pending === 0) this.#leaving.delete(source);
        this.#events.onWritten();
      },
      onAwaited: () => this.#events.onAwaited(),
      onFailed: (error, lost) => {
        this.#leaving.delete(source);
        this.#events.onFailed(error, lost);
      },
    });
    file.retain();
    file.add(source);
    return { file, source };
  }
}
