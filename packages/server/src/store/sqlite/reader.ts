import type { DatabaseSync } from 'node:sqlite';
import { LocalPeriods } from '../local-time.ts';
import type { Cursor, Filter, Group, Page, Period, StoreReader } from '../store.ts';
import { all, type Condition, ofLevelAndName, ofTime } from './condition.ts';
import { numberOf, openForReading, type ReadingConnection } from './connection.ts';
import { Counts } from './counts.ts';
import { withFaults } from './fault.ts';
import { type Costs, Pages, pageOf, USUAL_COSTS } from './pages.ts';
import { checkExpression, confine } from './query-guard.ts';
import { BUCKET } from './rollup-writer.ts';
import { RecordWriter, rows } from './rows.ts';

/** A reading connection. Each call is one transaction, so that the rollup and the records it counts agree. */
export class SqliteReader implements StoreReader {
  readonly #path: string;
  readonly #costs: Costs;
  #open: Opened | undefined;
  /** A connection of its own for clients' expressions: it may read nothing but records, the rollup neither. */
  #confined: ReadingConnection | undefined;

  /** Opens the file with the first call. */
  constructor(path: string, costs = USUAL_COSTS) {
    this.#path = path;
    this.#costs = costs;
  }

  count(filter: Filter): number {
    const { query } = filter;
    if (query !== undefined) {
      return this.#query(query, filter, (database, { sql, values }) => {
        const row = database.prepare(`SELECT count(*) AS count FROM record WHERE ${sql}`).get(...values);
        return numberOf(row?.count);
      });
    }
    return this.#read(({ counts }) => counts.count(filter));
  }

  timeline(filter: Filter, period: Period, timezone: string): Group[] {
    const { query } = filter;
    if (query !== undefined) {
      return this.#query(query, filter, (database, { sql, values }) => {
        const statement = `SELECT CAST(ts AS REAL) AS ts FROM record WHERE ${sql} ORDER BY 1`;
        const times = database
          .prepare(statement)
          .all(...values)
          .map((row) => numberOf(row.ts));
        return grouped(
          period,
          timezone,
          times.map((ts) => [ts, 1]),
        );
      });
    }
    return this.#read(({ counts }) => {
      const buckets = counts.byBucket(filter);
      return grouped(
        period,
        timezone,
        buckets.map(([bucket, count]) => [bucket * BUCKET, count]),
        (start) => counts.timesInBucket(start / BUCKET, filter),
      );
    });
  }

  page(filter: Filter, cursor: Cursor, maxBytes: number): Page {
    const { query } = filter;
    if (query === undefined) return this.#read(({ pages }) => pages.page(filter, cursor, maxBytes));
    return this.#query(query, filter, (database, { sql, values }) => {
      const writer = new RecordWriter(maxBytes);
      const below = cursor.below ?? Number.MAX_SAFE_INTEGER;
      const clause = `WHERE record_id < ? AND ${sql} ORDER BY record_id DESC LIMIT ? OFFSET ?`;
      for (const row of rows(database, clause, [below, ...values, cursor.take, cursor.skip])) {
        writer.add(row);
        if (writer.full) break;
      }
      return pageOf(writer, cursor, cursor.take);
    });
  }

  get(id: number): Uint8Array<ArrayBuffer> | undefined {
    return this.#read(({ database }) => {
      const writer = new RecordWriter(1);
      for (const row of rows(database, 'WHERE record_id = ?', [id])) writer.add(row);
      return writer.count === 0 ? undefined : writer.bytes();
    });
  }

  close(): void {
    this.#open?.database.close();
    this.#open = undefined;
    this.#confined?.database.close();
    this.#confined = undefined;
  }

  #read<T>(work: (open: Opened) => T): T {
    return withFaults(() => {
      this.#open ??= opened(this.#path, this.#costs);
      const { database, immutable } = this.#open;
      database.exec('BEGIN');
      try {
        return work(this.#open);
      } finally {
        if (database.isTransaction) database.exec('COMMIT');
        if (immutable) this.close();
      }
    });
  }

  /**
   * The expression is checked to be one by itself. It then follows the other conditions without brackets of its own, so
   * that an OR in it reaches over them, as it does in Chronologer 0.4.5 (recorded); all together are in brackets.
   */
  #query<T>(query: string, filter: Filter, work: (database: DatabaseSync, condition: Condition) => T): T {
    this.#confined ??= openConfined(this.#path);
    const { database, immutable } = this.#confined;
    return withFaults(() => {
      try {
        checkExpression(database, query);
        const { sql, values } = all([
          ...ofTime(filter),
          ...ofLevelAndName(filter),
          { sql: query, values: [] },
        ]);
        return work(database, { sql: `(${sql}\n)`, values });
      } finally {
        if (immutable) this.close();
      }
    }, 'query');
  }
}

interface Opened extends ReadingConnection {
  readonly counts: Counts;
  readonly pages: Pages;
}

function opened(path: string, costs: Costs): Opened {
  const connection = openForReading(path);
  const counts = new Counts(connection.database);
  return { ...connection, counts, pages: new Pages(connection.database, counts, costs) };
}

function openConfined(path: string): ReadingConnection {
  const connection = openForReading(path);
  confine(connection.database);
  return connection;
}

/**
 * Sums of [time in microseconds, count] by local period, in order. With `expand` each time begins a quarter of an hour:
 * one that lies in two periods (zones of long ago had offsets such as +0:19:32) is replaced by the times in it.
 */
function grouped(
  period: Period,
  timezone: string,
  counts: readonly (readonly [number, number])[],
  expand?: (start: number) => readonly number[],
): Group[] {
  const [first, last] = [counts[0], counts.at(-1)];
  if (first === undefined || last === undefined) return [];
  const periods = new LocalPeriods(
    timezone,
    period,
    Math.floor(first[0] / 1e6),
    Math.ceil((last[0] + BUCKET) / 1e6),
  );
  const sums = new Map<number, number>();
  const add = (ts: number, count: number) => {
    const start = periods.startOf(Math.floor(ts / 1e6));
    sums.set(start, (sums.get(start) ?? 0) + count);
  };
  for (const [ts, count] of counts) {
    const whole = periods.startOf(ts / 1e6) === periods.startOf((ts + BUCKET) / 1e6 - 1);
    if (expand === undefined || whole) add(ts, count);
    else for (const each of expand(ts)) add(each, 1);
  }
  return [...sums].sort(([a], [b]) => a - b).map(([start, count]) => ({ start, count }));
}
