import type { StoreWriter } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';

/** Records that one step removes: some milliseconds, for which writes wait. */
const STEP = 1000;
const MINUTE = 60_000;
const DAY = 86_400_000;

/** The world outside, passed in so that tests have their own. `now` is in milliseconds since 1970. */
export interface RetentionWorld {
  readonly now: () => number;
  readonly log: (level: 'info' | 'warn', message: string) => void;
}

/**
 * Removes old records: those older than `days` once a day at midnight UTC (at the start too, when a midnight was
 * missed), and the oldest of all while the store takes more than `bytes`, looked at each minute. In small steps, between
 * which writes go on.
 */
export class Retention {
  readonly #store: StoreWriter;
  readonly #limits: { readonly days?: number; readonly bytes?: number };
  readonly #world: RetentionWorld;
  #timer: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    store: StoreWriter,
    limits: { readonly days?: number; readonly bytes?: number },
    world: RetentionWorld,
  ) {
    this.#store = store;
    this.#limits = limits;
    this.#world = world;
  }

  start(): void {
    void this.#expire();
    if (this.#limits.days !== undefined || this.#limits.bytes !== undefined) this.#later(0);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#expiry);
  }

  /** One look at both limits, whatever is due. */
  async run(): Promise<void> {
    const { days, bytes } = this.#limits;
    let removed = 0;
    if (days !== undefined && (await this.#isDue())) {
      removed += await this.#purge(Math.floor((this.#world.now() - days * DAY) * 1000));
      // Broken off half-way it is still due, at the next start.
      if (!this.#stopped) await this.#store.setPurgedAt(this.#world.now() * 1000);
    }
    if (bytes !== undefined) removed += await this.#purgeBytes(bytes);
    if (removed === 0) return;
    while (!this.#stopped && (await this.#store.reclaim())) await turn();
    this.#world.log('info', `Retention removed ${removed} records`);
  }

  /** What the store forgets by itself need not be removed later; what it has not got round to is, all the same. */
  async #expire(): Promise<void> {
    try {
      await this.#store.expireAfter?.(this.#limits.days);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#world.log('warn', `The store could not be told how long to keep records: ${error.message}`);
      this.#expiry = setTimeout(() => void this.#expire(), MINUTE);
    }
  }

  #later(delay: number): void {
    this.#timer = setTimeout(async () => {
      try {
        await this.run();
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        this.#world.log('warn', `Retention could not finish: ${error.message}`);
      }
      if (!this.#stopped) this.#later(MINUTE - (this.#world.now() % MINUTE));
    }, delay);
  }

  /** True once for each day of UTC; also after a clock that had gone astray into the future. */
  async #isDue(): Promise<boolean> {
    const last = await this.#store.purgedAt();
    return last === undefined || Math.floor(last / 1000 / DAY) !== Math.floor(this.#world.now() / DAY);
  }

  get #step(): number {
    return this.#store.purgeStep ?? STEP;
  }

  async #purge(before?: number): Promise<number> {
    for (let removed = 0; ; ) {
      const count = this.#stopped ? 0 : await this.#store.purge(this.#step, before);
      if (count === 0) return removed;
      removed += count;
      await turn();
    }
  }

  async #purgeBytes(bytes: number): Promise<number> {
    let removed = 0;
    while (!this.#stopped && (await this.#store.size()) > bytes) {
      const count = await this.#store.purge(this.#step);
      if (count === 0) break;
      removed += count;
      await turn();
    }
    return removed;
  }
}

/** Lets the writes that have arrived go first. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
