import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { pageOf, RecordWriter } from '../record-writer.ts';
import type { Cursor, Filter, Page } from '../store.ts';
import type { BlockEntry, OnDamage } from './blocks/block-index.ts';
import { Blocks } from './blocks/blocks.ts';
import { all, type Condition, isInShare, ofLevelAndName, ofShare, ofTime } from './condition.ts';
import { numberOf } from './connection.ts';
import { Pages } from './pages.ts';
import { type Confinement, checkExpression, confine } from './query-guard.ts';
import { RecordView } from './record-view.ts';

/** Blocks that one statement looks through: few at first, for a page is often full soon. */
const FEWEST_BLOCKS = 1;
const MOST_BLOCKS = 32;

/** An expression in which OR may stand at the top and so reach over the other filters: then these choose no blocks. */
const MAY_REACH_OVER = /\bor\b/i;

/**
 * Questions with a client's expression, on a connection of their own that may read nothing but records. Recent rows and
 * blocks are looked through apart, newest first. To be used inside one transaction, after `refresh`.
 */
export class Querying {
  readonly #database: DatabaseSync;
  readonly #blocks: Blocks;
  readonly #pages: Pages;
  readonly #view: RecordView;
  readonly #confinement: Confinement;

  constructor(database: DatabaseSync, onDamage: OnDamage) {
    this.#database = database;
    this.#blocks = new Blocks(database, onDamage);
    this.#pages = new Pages(database, this.#blocks);
    this.#confinement = confine(database);
    this.#view = this.#confinement.lift(() => new RecordView(database, this.#blocks, this.#confinement));
  }

  refresh(): void {
    this.#confinement.lift(() => this.#blocks.refresh());
    this.#view.forget();
  }

  count(query: string, filter: Filter): number {
    let count = 0;
    for (const { count: found } of this.#answers(query, filter, 'count(*) AS count'))
      count += numberOf(found);
    return count;
  }

  /** The times, in microseconds, in order. */
  times(query: string, filter: Filter): number[] {
    const rows = [...this.#answers(query, filter, 'CAST(ts AS REAL) AS ts')];
    return rows.map(({ ts }) => numberOf(ts)).sort((a, b) => a - b);
  }

  page(query: string, filter: Filter, cursor: Cursor, maxBytes: number): Page {
    const writer = new RecordWriter(maxBytes);
    let skip = cursor.skip;
    if (cursor.take <= 0) return pageOf(writer, cursor, 0);
    const below = { sql: 'record_id < ?', values: [cursor.below ?? Number.MAX_SAFE_INTEGER] };
    // Within a part the newest first; the parts come newest first by themselves.
    const order = 'ORDER BY record_id DESC';
    for (const { record_id } of this.#answers(query, filter, 'record_id', below, order)) {
      if (skip > 0) skip--;
      else if (record_id !== null) this.#confinement.lift(() => this.#pages.add(numberOf(record_id), writer));
      if (writer.full || writer.count === cursor.take) break;
    }
    return pageOf(writer, cursor, cursor.take);
  }

  /** The answers of a statement for the recent rows, and then for blocks. Throws a StoreError for no expression. */
  *#answers(
    query: string,
    filter: Filter,
    columns: string,
    below?: Condition,
    order = '',
  ): Generator<Record<string, unknown>> {
    checkExpression(this.#database, query);
    // The expression follows the other conditions without brackets of its own, so that an OR in it reaches over them,
    // as it does in Chronologer 0.4.5 (recorded); all together are in brackets.
    const asked = all([...ofTime(filter), ...ofLevelAndName(filter), { sql: query, values: [] }]);
    const inBrackets = { sql: `(${asked.sql}\n)`, values: asked.values };
    const { sql, values } = all([...(below ? [below] : []), ...ofShare(filter), inBrackets]);
    const of = (table: string) => `SELECT ${columns} FROM ${table} AS record WHERE ${sql} ${order}`;
    yield* this.#all(of('main.recent'), values);
    const inBlocks = of('chosen_record');
    for (const chunk of this.#chunks(query, filter, Number(below?.values[0] ?? Number.POSITIVE_INFINITY))) {
      this.#confinement.lift(() => this.#view.choose(chunk));
      yield* this.#all(inBlocks, values);
    }
  }

  #all(sql: string, values: readonly SQLInputValue[]): Record<string, unknown>[] {
    return this.#database.prepare(sql).all(...values);
  }

  /** The blocks that may hold records, newest first. */
  *#chunks(query: string, filter: Filter, below: number): Generator<BlockEntry[]> {
    const selection = MAY_REACH_OVER.test(query) ? undefined : this.#blocks.selection(filter);
    const { blocks } = this.#blocks.index;
    let chunk: BlockEntry[] = [];
    let size = FEWEST_BLOCKS;
    for (let index = blocks.length - 1; index >= 0; index--) {
      const block = blocks[index];
      if (block === undefined || block.firstId >= below) continue;
      if (!isInShare(filter, block.firstId, block.lastId)) continue;
      if (selection && !(selection.mayTouch(block) && selection.countKinds(block) > 0)) continue;
      // Without its head its records have no ids.
      if (this.#confinement.lift(() => this.#blocks.parts.head(block)) === undefined) continue;
      chunk.push(block);
      if (chunk.length < size) continue;
      yield chunk;
      chunk = [];
      size = Math.min(2 * size, MOST_BLOCKS);
    }
    if (chunk.length > 0) yield chunk;
  }
}
