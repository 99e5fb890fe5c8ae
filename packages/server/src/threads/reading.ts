import { availableParallelism } from 'node:os';
import type { Filter, Group } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import type { ReadJob, ReadResults } from './messages.ts';
import type { ReaderPool } from './reader-pool.ts';

/** Where jobs are done: those with a client's own SQL in processes, the rest in threads. */
export interface ReadingWorkers {
  readonly threads: ReaderPool;
  readonly processes: ReaderPool;
  /** How many of them count together when a query has to look at every record; two where there are two cores. */
  readonly shares?: number;
  /** Seconds that the store may take for one request. */
  readonly timeout: number;
}

const SHARES = Math.min(2, availableParallelism());

/** A timer of more milliseconds would go off at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * The jobs of one reading request. Together they may take the store `timeout` seconds; the time in which a slow client
 * takes what was read does not count. When the client goes, so does the job.
 */
export class Reading {
  readonly #workers: ReadingWorkers;
  readonly #controller = new AbortController();
  #spent = 0;

  constructor(workers: ReadingWorkers) {
    this.#workers = workers;
  }

  /** The client is gone: what is under way is given up. */
  cancel(): void {
    this.#controller.abort(new StoreError('busy', 'The client is gone'));
  }

  /** Rejects with a StoreError. */
  async run<J extends ReadJob>(job: J): Promise<ReadResults[J['kind']]> {
    const { threads, processes, timeout } = this.#workers;
    const own = 'filter' in job && job.filter.query !== undefined;
    const started = performance.now();
    const timer = setTimeout(
      () => this.#controller.abort(new StoreError('timeout', `Reading took longer than ${timeout} seconds`)),
      Math.min(Math.max(1, timeout * 1000 - this.#spent), LONGEST_TIMER),
    );
    try {
      if (!own) return await threads.run(job, this.#controller.signal);
      return (await this.#runTogether(processes, job)) as ReadResults[J['kind']];
    } finally {
      clearTimeout(timer);
      this.#spent += performance.now() - started;
    }
  }

  /** Counts and timelines of a query are made by several processes, each of its share. */
  async #runTogether(processes: ReaderPool, job: ReadJob): Promise<ReadResults[ReadJob['kind']]> {
    const { signal } = this.#controller;
    if (job.kind === 'count') {
      const parts = await Promise.all(this.#shares(job).map((part) => processes.run(part, signal)));
      return parts.reduce((sum, count) => sum + count, 0);
    }
    if (job.kind === 'timeline') {
      return merged(await Promise.all(this.#shares(job).map((part) => processes.run(part, signal))));
    }
    return processes.run(job, signal);
  }

  #shares<J extends ReadJob & { readonly filter: Filter }>(job: J): J[] {
    const { shares: of = SHARES } = this.#workers;
    if (of === 1) return [job];
    return Array.from({ length: of }, (_, index) => ({
      ...job,
      filter: { ...job.filter, share: { index, of } },
    }));
  }
}

/** The groups of several timelines as one. */
function merged(parts: readonly (readonly Group[])[]): Group[] {
  const sums = new Map<number, number>();
  for (const { start, count } of parts.flat()) sums.set(start, (sums.get(start) ?? 0) + count);
  return [...sums].sort(([a], [b]) => a - b).map(([start, count]) => ({ start, count }));
}
