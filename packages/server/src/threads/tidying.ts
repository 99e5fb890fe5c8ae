import type { StoreWriter } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';

/** Of the writing thread's time no more than this share goes into tidying: it rests nine times as long as it worked. */
const REST = 9;
/** Between two looks whether there is something to do, in milliseconds. */
const PAUSE = 1000;
const PAUSE_AFTER_FAULT = 60_000;

/** The world outside, passed in so that tests have their own. Both clocks are in milliseconds, `now` since 1970. */
export interface TidyingWorld {
  readonly now: () => number;
  readonly elapsed: () => number;
  readonly warn: (message: string) => void;
}

/** Has the store tidied up, a small step at a time, between which writes go on. */
export class Tidying {
  readonly #store: Pick<StoreWriter, 'tidy'>;
  readonly #world: TidyingWorld;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** What was warned of last, so that it is said once. */
  #fault: string | undefined;

  constructor(store: Pick<StoreWriter, 'tidy'>, world: TidyingWorld) {
    this.#store = store;
    this.#world = world;
  }

  start(): void {
    this.#later(PAUSE);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #later(delay: number): void {
    this.#timer = setTimeout(async () => {
      const pause = await this.#step();
      if (!this.#stopped) this.#later(pause);
    }, delay);
  }

  /** One step; answers for how long to rest after it. */
  async #step(): Promise<number> {
    const started = this.#world.elapsed();
    try {
      const more = await this.#store.tidy(this.#world.now() * 1000);
      this.#fault = undefined;
      return more ? REST * (this.#world.elapsed() - started) : PAUSE;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.message !== this.#fault)
        this.#world.warn(`The store could not be tidied up: ${error.message}`);
      this.#fault = error.message;
      return PAUSE_AFTER_FAULT;
    }
  }
}
