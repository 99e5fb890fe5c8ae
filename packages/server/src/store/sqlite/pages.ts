import type { DatabaseSync } from 'node:sqlite';
import type { Cursor, Filter, Page } from '../store.ts';
import { all, type Condition, ofLevelAndName, ofTime } from './condition.ts';
import { numberOf } from './connection.ts';
import type { Counts, Extent } from './counts.ts';
import { RecordWriter, rows } from './rows.ts';

/** Records in a step of a stream at most. */
const STEP = 1000;
/** Where one way to a page begins to cost more than another; passed in so that tests reach them with few records. */
export interface Costs {
  /** A walk by id that is expected to pass over more records than this is worse than an index. */
  readonly longWalk: number;
  /** Levels × names up to which an index is asked for each of them; beyond, a walk is no worse. */
  readonly manyKeys: number;
  /** Ids that are held in memory for a page at most. */
  readonly manyIds: number;
}

export const USUAL_COSTS: Costs = { longWalk: 20_000, manyKeys: 300, manyIds: 500_000 };

/**
 * Pages of records, newest id first. The rollup says how many records match and between which ids, and so which way
 * costs less: a walk by id, or the index on level and name or on ts. To be used inside one transaction.
 */
export class Pages {
  readonly #database: DatabaseSync;
  readonly #counts: Counts;
  readonly #costs: Costs;

  constructor(database: DatabaseSync, counts: Counts, costs: Costs) {
    this.#database = database;
    this.#counts = counts;
    this.#costs = costs;
  }

  page(filter: Filter, cursor: Cursor, maxBytes: number): Page {
    const found = this.#counts.extent(filter);
    const top = Math.min(found.lastId, (cursor.below ?? Number.POSITIVE_INFINITY) - 1);
    if (found.count === 0 || cursor.take <= 0 || top < found.firstId) return empty();
    const extent = { ...found, lastId: top };
    const take = Math.min(cursor.take, STEP);
    const ids = this.#jump(filter, cursor, found) ?? this.#idsByIndex(filter, cursor.skip, take, extent);
    const writer = new RecordWriter(maxBytes);
    if (ids === undefined) this.#walk(filter, cursor.skip, take, extent, writer);
    else if (typeof ids === 'number') this.#walk(filter, 0, take, { ...extent, lastId: ids }, writer);
    else this.#fetch(ids, writer);
    return pageOf(writer, cursor, take);
  }

  /** Where no id is missing, an offset is a subtraction. */
  #jump(filter: Filter, { skip, below }: Cursor, { count, firstId, lastId }: Extent): number | undefined {
    const filtered = filter.level ?? filter.after ?? filter.before ?? filter.names[0];
    if (skip === 0 || below !== undefined || filtered !== undefined) return undefined;
    return lastId - firstId + 1 === count ? lastId - skip : undefined;
  }

  #walk(filter: Filter, skip: number, take: number, extent: Extent, writer: RecordWriter): void {
    const { sql, values } = all([between(extent), ...ofTime(filter), ...ofLevelAndName(filter)]);
    // NOT INDEXED: by id alone. Otherwise SQLite may take an index for a condition that nearly all records meet.
    const clause = `NOT INDEXED WHERE ${sql} ORDER BY record_id DESC LIMIT ? OFFSET ?`;
    for (const row of rows(this.#database, clause, [...values, take, skip])) {
      writer.add(row);
      if (writer.full) break;
    }
  }

  #fetch(ids: readonly number[], writer: RecordWriter): void {
    for (const id of ids) {
      if (writer.full) return;
      for (const row of rows(this.#database, 'WHERE record_id = ?', [id])) writer.add(row);
    }
  }

  /** The ids of a page by an index, or undefined where a walk by id costs less. */
  #idsByIndex(filter: Filter, skip: number, take: number, extent: Extent): number[] | undefined {
    const span = extent.lastId - extent.firstId + 1;
    const passed = ((skip + take) / extent.count) * span;
    if (Math.min(passed, span) <= this.#costs.longWalk) return undefined;
    if (filter.after !== undefined || filter.before !== undefined) {
      return extent.count < passed ? this.#idsByTime(filter, skip, take, extent) : undefined;
    }
    return this.#idsByLevelAndName(filter, skip, take, extent);
  }

  #idsByTime(filter: Filter, skip: number, take: number, extent: Extent): number[] {
    const { sql, values } = all([...ofTime(filter), between(extent), ...ofLevelAndName(filter)]);
    const statement = `SELECT record_id FROM record INDEXED BY ts WHERE ${sql} ORDER BY record_id DESC LIMIT ? OFFSET ?`;
    return this.#ids(statement, [...values, take, skip]);
  }

  /** For one level and name the index is in the order of ids: so ask for each, and merge what they give. */
  #idsByLevelAndName(filter: Filter, skip: number, take: number, extent: Extent): number[] | undefined {
    const { manyKeys, manyIds } = this.#costs;
    const keys = this.#counts.levelsAndNames(filter, manyKeys);
    if (keys === undefined || keys.length * (skip + take) > manyIds) return undefined;
    const { sql, values } = between(extent);
    const statement = this.#database.prepare(
      `SELECT record_id FROM record INDEXED BY level_name
       WHERE level = ? AND name = ? AND ${sql} ORDER BY record_id DESC LIMIT ?`,
    );
    const ids = keys.flatMap(({ level, name }) =>
      statement
        .all(numberOf(level), String(name), ...values, skip + take)
        .map((row) => numberOf(row.record_id)),
    );
    return ids.sort((a, b) => b - a).slice(skip, skip + take);
  }

  #ids(statement: string, values: Condition['values']): number[] {
    return this.#database
      .prepare(statement)
      .all(...values)
      .map((row) => numberOf(row.record_id));
  }
}

/** Made anew each time: a page's bytes are handed over to another thread. */
function empty(): Page {
  return { bytes: new Uint8Array(), count: 0 };
}

function between({ firstId, lastId }: Extent): Condition {
  return { sql: 'record_id BETWEEN ? AND ?', values: [firstId, lastId] };
}

/** A page and where it goes on: after a step that found less than it looked for, nowhere. */
export function pageOf(writer: RecordWriter, { take }: Cursor, looked: number): Page {
  const page = { bytes: writer.bytes(), count: writer.count };
  const over = writer.count === take || (writer.count < looked && !writer.full);
  return over ? page : { ...page, next: { skip: 0, take: take - writer.count, below: writer.lastId } };
}
