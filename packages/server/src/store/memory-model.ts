import type { LogRecord } from '@chronologer/record';
import { recordAnswer } from '../ingest/answer.ts';
import { LocalPeriods } from './local-time.ts';
import type { Batch, Filter, Group, IdRange, Period, StoredRecord, Stretch } from './store.ts';

/** An expression in any store's SQL, and what it means: whether it holds given what the other filters say. */
export interface ModelQuery {
  readonly sql: string;
  readonly holds: (record: LogRecord, id: number, others: boolean) => boolean;
}

/** What a store is held against: a list of records that says plainly what each question means. */
export class MemoryModel {
  #records: { readonly id: number; readonly record: LogRecord }[] = [];
  #lastId = 0;

  get size(): number {
    return this.#records.length;
  }

  /** The highest id ever given out. */
  get lastId(): number {
    return this.#lastId;
  }

  insert(batches: readonly Batch[], ids: readonly (readonly number[])[]): void {
    batches.forEach((batch, index) => {
      batch.forEach((record, place) => {
        const id = ids[index]?.[place] ?? Number.NaN;
        this.#records.push({ id, record });
        this.#lastId = id;
      });
    });
  }

  /** Of equal times the lower id is the older. */
  purge(limit: number, before = Number.POSITIVE_INFINITY): number {
    const oldest = this.#records
      .filter(({ record }) => record.ts < before)
      .sort((a, b) => a.record.ts - b.record.ts || a.id - b.id)
      .slice(0, limit);
    const gone = new Set(oldest);
    this.#records = this.#records.filter((each) => !gone.has(each));
    return gone.size;
  }

  /** The JSON texts of a filter's records, newest id first. */
  find(filter: Filter, query?: ModelQuery): string[] {
    return this.#matching(filter, query)
      .map(({ id, record }) => recordAnswer(record, id).body)
      .reverse();
  }

  /** Lowest id first. */
  stretch({ from, to, ...times }: Stretch): StoredRecord[] {
    return this.#matching({ ...times, names: [] })
      .filter(({ id }) => id >= from && id <= to)
      .map(({ id, record }) => ({ ...record, id }));
  }

  ids(): IdRange | undefined {
    const [first, last] = [this.#records[0], this.#records.at(-1)];
    return first && last && { from: first.id, to: last.id };
  }

  get(id: number): string | undefined {
    const found = this.#records.find((each) => each.id === id);
    return found === undefined ? undefined : recordAnswer(found.record, id).body;
  }

  timeline(filter: Filter, period: Period, timezone: string, query?: ModelQuery): Group[] {
    const groups = new Map<number, number>();
    for (const { record } of this.#matching(filter, query)) {
      const second = Math.floor(record.ts / 1e6);
      const start = new LocalPeriods(timezone, period, second, second).startOf(second);
      groups.set(start, (groups.get(start) ?? 0) + 1);
    }
    return [...groups].map(([start, count]) => ({ start, count })).sort((a, b) => a.start - b.start);
  }

  #matching({ after, before, level, names }: Filter, query?: ModelQuery) {
    return this.#records.filter(({ id, record }) => {
      const others =
        record.ts >= (after ?? Number.NEGATIVE_INFINITY) &&
        record.ts <= (before ?? Number.POSITIVE_INFINITY) &&
        record.level >= (level ?? Number.NEGATIVE_INFINITY) &&
        (names.length === 0 || names.some((name) => record.name.startsWith(name)));
      return query === undefined ? others : query.holds(record, id, others);
    });
  }
}
