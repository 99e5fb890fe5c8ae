import { availableParallelism } from 'node:os';
import type { Cursor, Filter, Found, Page, SearchStep } from '../store/store.ts';
import type { ReadJob, ReadResults } from './messages.ts';

/** Workers that answer one question together when it has to look at every record. */
const SHARES = Math.min(2, availableParallelism());

/** Larger pages, and those that begin further on, are read by one worker, which need not keep ids. */
const MOST_TAKEN = 1000;
const MOST_SKIPPED = 10_000;

/** Records that the first step of a search looks at, and the largest. */
const FIRST_EFFORT = 65_536;
const MOST_EFFORT = 1_048_576;

/** Does a job and rejects with a StoreError. */
export type Run = <J extends ReadJob>(job: J) => Promise<ReadResults[J['kind']]>;

type PageJob = ReadJob & { readonly kind: 'page' };

/** The same job for each of the workers that share it. */
export function shares<J extends { readonly filter: Filter }>(job: J): J[] {
  return Array.from({ length: SHARES }, (_, index) => ({
    ...job,
    filter: { ...job.filter, share: { index, of: SHARES } },
  }));
}

/**
 * The pages of one request with a client's expression: first ids are found, by several workers side by side, then the
 * records of these are read. Ids of a page that became full are kept for the next one.
 */
export class Search {
  readonly #find: Run;
  readonly #read: Run;
  /** Found and not read yet; they belong below `#below`. */
  #left: readonly number[] = [];
  /** Nothing is found behind them. */
  #isLast = false;
  #below: number | undefined;

  /** `find` runs jobs where an expression may run, `read` those without one. */
  constructor(find: Run, read: Run) {
    this.#find = find;
    this.#read = read;
  }

  /** False for pages that one worker reads as well: without an expression, or too large to find first. */
  static suits({ filter, cursor }: PageJob): boolean {
    const { skip, take } = cursor;
    return filter.query !== undefined && skip <= MOST_SKIPPED && take >= 1 && take <= MOST_TAKEN;
  }

  /** Undefined where the store cannot search in steps. */
  async page({ filter, cursor, maxBytes }: PageJob): Promise<Page | undefined> {
    const ids = await this.#idsOf(filter, cursor);
    if (ids === undefined) return undefined;
    const { bytes, count, looked } = await this.#read({ kind: 'records', ids, maxBytes });
    this.#left = ids.slice(looked);
    this.#below = ids[looked - 1];
    const take = cursor.take - count;
    const isOver = take === 0 || (this.#isLast && this.#left.length === 0);
    if (isOver || this.#below === undefined) return { bytes, count };
    const next = { skip: 0, take, below: this.#below };
    // Records may be gone or damaged by now: a page has one at least unless it is the last.
    return count > 0 ? { bytes, count, next } : this.page({ kind: 'page', filter, cursor: next, maxBytes });
  }

  async #idsOf(filter: Filter, cursor: Cursor): Promise<readonly number[] | undefined> {
    if (this.#left.length > 0 && cursor.skip === 0 && cursor.below === this.#below) return this.#left;
    const wanted = cursor.skip + cursor.take;
    const found = await this.#together(filter, wanted, cursor.below);
    this.#isLast = found !== undefined && found.ids.length < wanted;
    return found?.ids.slice(cursor.skip, wanted);
  }

  #step(filter: Filter, step: SearchStep): Promise<Found | undefined> {
    return this.#find({ kind: 'find', filter, step });
  }

  /** The newest are looked at by one worker, for a page is often full soon; what is older by all, in growing steps. */
  async #together(filter: Filter, wanted: number, below: number | undefined): Promise<Found | undefined> {
    const first = await this.#step(filter, { wanted, effort: FIRST_EFFORT, ...belowOf(below) });
    if (first === undefined || first.below === undefined || first.ids.length >= wanted) return first;
    const parts = shares({ filter }).map((share) => ({ filter: share.filter, below: first.below }));
    let ids = [...first.ids];
    for (let effort = 2 * FIRST_EFFORT; ; effort = Math.min(4 * effort, MOST_EFFORT)) {
      const open = parts.filter((part) => part.below !== undefined);
      await Promise.all(
        open.map(async (part) => {
          const found = await this.#step(part.filter, { wanted, effort, ...belowOf(part.below) });
          ids.push(...(found?.ids ?? []));
          part.below = found?.below;
        }),
      );
      ids = ids.sort((a, b) => b - a);
      // Older ones may still be followed by newer ones of another part.
      const sure = Math.max(...parts.map((part) => part.below ?? 0));
      const isFull = (ids[wanted - 1] ?? -1) >= sure;
      if (isFull || parts.every((part) => part.below === undefined)) return { ids };
    }
  }
}

/** Absent and not undefined, as exactOptionalPropertyTypes wants it. */
function belowOf(below: number | undefined): { below?: number } {
  return below === undefined ? {} : { below };
}
