import type { Group } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import type { ReadJob, ReadResults } from './messages.ts';
import type { ReaderPool } from './reader-pool.ts';
import { Search, shares } from './search.ts';

/**
 * Where jobs are done: those with a client's own SQL apart, in processes unless the store can end it, so that they hold
 * up no others.
 */
export interface ReadingWorkers {
  readonly threads: ReaderPool;
  /** The same as `threads` where the store ends a question by itself; then it also shares a large one by itself. */
  readonly processes: ReaderPool;
  /** Seconds that the store may take for one request. */
  readonly timeout: number;
}

/** A timer of more milliseconds would go off at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * The jobs of one reading request. Together they may take the store `timeout` seconds; the time in which a slow client
 * takes what was read does not count. When the client goes, so does the job.
 */
export class Reading {
  readonly #workers: ReadingWorkers;
  readonly #controller = new AbortController();
  readonly #search: Search;
  #spent = 0;

  constructor(workers: ReadingWorkers) {
    this.#workers = workers;
    const { signal } = this.#controller;
    const read = <J extends ReadJob>(job: J) => workers.threads.run(job, signal);
    this.#search = new Search((job) => this.#poolOf(job).run(job, signal), read);
  }

  /** The client is gone: what is under way is given up. */
  cancel(): void {
    this.#controller.abort(new StoreError('busy', 'The client is gone'));
  }

  /** Rejects with a StoreError. */
  async run<J extends ReadJob>(job: J): Promise<ReadResults[J['kind']]> {
    const { timeout } = this.#workers;
    const started = performance.now();
    const timer = setTimeout(
      () => this.#controller.abort(new StoreError('timeout', `Reading took longer than ${timeout} seconds`)),
      Math.min(Math.max(1, timeout * 1000 - this.#spent), LONGEST_TIMER),
    );
    try {
      return (await this.#runTogether(job)) as ReadResults[J['kind']];
    } finally {
      clearTimeout(timer);
      this.#spent += performance.now() - started;
    }
  }

  /** Clients' own SQL runs where it can be ended. */
  #poolOf(job: ReadJob): ReaderPool {
    const own = 'filter' in job && job.filter.query !== undefined;
    return own ? this.#workers.processes : this.#workers.threads;
  }

  /** Counts and timelines of a query are made by several processes, each of its share; pages see Search. */
  async #runTogether(job: ReadJob): Promise<ReadResults[ReadJob['kind']]> {
    const { signal } = this.#controller;
    const pool = this.#poolOf(job);
    const own = pool !== this.#workers.threads;
    if (own && job.kind === 'count') {
      const parts = await Promise.all(shares(job).map((part) => pool.run(part, signal)));
      return parts.reduce((sum, count) => sum + count, 0);
    }
    if (own && job.kind === 'timeline') {
      return merged(await Promise.all(shares(job).map((part) => pool.run(part, signal))));
    }
    if (own && job.kind === 'page' && Search.suits(job)) {
      const page = await this.#search.page(job);
      if (page !== undefined) return page;
    }
    return pool.run(job, signal);
  }
}

/** The groups of several timelines as one. */
function merged(parts: readonly (readonly Group[])[]): Group[] {
  const sums = new Map<number, number>();
  for (const { start, count } of parts.flat()) sums.set(start, (sums.get(start) ?? 0) + count);
  return [...sums].sort(([a], [b]) => a - b).map(([start, count]) => ({ start, count }));
}
