import { flushCompileCache } from 'node:module';
import type { Logger } from '../log.ts';

const SHELL = '/bin/sh';

/**
 * Ends the process at once, whatever its threads do. process.exit() waits for threads, and a thread in a statement of
 * node:sqlite cannot be interrupted: so the process becomes one that ends by itself.
 */
export function endNow(code: number): never {
  flushCompileCache();
  try {
    process.execve?.(SHELL, ['sh', '-c', `exit ${code}`], {});
  } catch {
    // A machine without a shell.
  }
  process.exit(code);
}

/** Of a stop on SIGTERM, in milliseconds: the process has to be gone within 10 s. */
export const STOP_LIMIT = 9000;
/** Ctrl+C under npm comes twice, from the terminal and from npm: a repetition so soon, in milliseconds, is no haste. */
const SAME_SIGNAL = 1000;

/** What a stop needs; passed in so that tests can see it. */
export interface Stopping {
  readonly log: Logger;
  /** Finishes what was accepted and closes the store. */
  readonly close: () => Promise<void>;
  /** Ends the process. */
  readonly end: (code: number) => void;
  readonly limit?: number;
}

/** Ends a server: calmly on the first signal; at once on a later one, or when closing takes too long. */
export class Ending {
  readonly #with: Stopping;
  #since: number | undefined;

  constructor(stopping: Stopping) {
    this.#with = stopping;
  }

  /** A signal has come. */
  onSignal(signal: string): void {
    const { log, end } = this.#with;
    if (this.#since === undefined) {
      log.info({ signal }, 'stopping');
      void this.#stop();
    } else if (performance.now() - this.#since > SAME_SIGNAL) {
      log.error({ signal }, 'a second signal: ended before everything was finished');
      end(1);
    }
  }

  async #stop(): Promise<void> {
    const { log, close, end, limit = STOP_LIMIT } = this.#with;
    this.#since = performance.now();
    setTimeout(() => {
      log.error({ milliseconds: limit }, 'closing takes too long: ended before everything was finished');
      end(0);
    }, limit);
    try {
      await close();
      log.info('stopped');
      end(0);
    } catch (error) {
      log.error({ err: error }, 'the store cannot be closed');
      end(1);
    }
  }
}
