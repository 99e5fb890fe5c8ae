import { setTimeout as sleep } from 'node:timers/promises';

/** Each commit makes a part, which has to be merged later; ClickHouse advises one a second. So many a second stay below 5. */
const INTERVAL = 250;
/** A commit of so many records is worth a part of its own. */
const LARGE = 1_000;

/** When commits may follow each other: at once when nothing came for a while, and under load after an interval. */
export class Pacing {
  readonly #now: () => number;
  #next = 0;

  /** `now` in milliseconds, of a clock that does not jump. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Milliseconds until the next commit is welcome. */
  get wait(): number {
    return Math.max(0, this.#next - this.#now());
  }

  /** Resolves when the next commit is welcome. */
  async ready(): Promise<void> {
    if (this.wait > 0) await sleep(this.wait);
  }

  /** A commit of `count` records begins. */
  began(count: number): void {
    this.#next = count >= LARGE ? 0 : this.#now() + INTERVAL;
  }
}
