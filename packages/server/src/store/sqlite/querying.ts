import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { pageOf, RecordWriter } from '../record-writer.ts';
import type { Cursor, Filter, Found, Page, SearchStep } from '../store.ts';
import type { BlockEntry, OnDamage } from './blocks/block-index.ts';
import { Blocks } from './blocks/blocks.ts';
import type { Selection } from './blocks/selection.ts';
import { all, type Condition, isInShare, ofLevelAndName, ofShare, ofTime } from './condition.ts';
import { numberOf } from './connection.ts';
import { JsonEquality } from './json-equality.ts';
import { Pages } from './pages.ts';
import { type Confinement, checkExpression, confine } from './query-guard.ts';
import { RecordView } from './record-view.ts';

/** Blocks that one statement looks through: few at first, for a page is often full soon. */
const FEWEST_BLOCKS = 1;
const MOST_BLOCKS = 32;

/** The share of records from which on looking through all of them is cheaper than naming each. */
const MOST_PICKED = 0.25;

/** An expression in which OR may stand at the top and so reach over the other filters: then these choose no blocks. */
const MAY_REACH_OVER = /\bor\b/i;

/**
 * Questions with a client's expression, on a connection of their own that may read nothing but records. Recent rows and
 * blocks are looked through apart, newest first; where it is certain for which records an expression cannot hold, SQL does
 * not see them. To be used inside one transaction, after `refresh`.
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

  /** The ids of the newest records of the filter's share. */
  find(
    query: string,
    filter: Filter,
    { below = Number.MAX_SAFE_INTEGER, wanted, effort }: SearchStep,
  ): Found {
    const above = this.#reach(filter, below, effort);
    const range = { sql: 'record_id < ? AND record_id >= ?', values: [below, above] };
    const ids: number[] = [];
    for (const { record_id } of this.#answers(query, filter, 'record_id', range, 'ORDER BY record_id DESC')) {
      if (record_id !== null) ids.push(numberOf(record_id));
      if (ids.length === wanted) return { ids, below: numberOf(record_id) };
    }
    return above === 0 ? { ids } : { ids, below: above };
  }

  /** The id down to which a share has so many records in blocks below another; 0 when all are not so many. */
  #reach(filter: Filter, below: number, effort: number): number {
    const { blocks } = this.#blocks.index;
    let left = effort;
    for (let index = blocks.length - 1; index > 0; index--) {
      const block = blocks[index];
      if (block === undefined || block.firstId >= below) continue;
      if (isInShare(filter, block.firstId, block.lastId)) left -= block.count;
      if (left <= 0) return block.firstId;
    }
    return 0;
  }

  /** The answers of a statement for the recent rows, and then for blocks. Throws a StoreError for no expression. */
  *#answers(
    query: string,
    filter: Filter,
    columns: string,
    range?: Condition,
    order = '',
  ): Generator<Record<string, unknown>> {
    checkExpression(this.#database, query);
    // The expression follows the other conditions without brackets of its own, so that an OR in it reaches over them,
    // as it does in Chronologer 0.4.5 (recorded); all together are in brackets.
    const asked = all([...ofTime(filter), ...ofLevelAndName(filter), { sql: query, values: [] }]);
    const inBrackets = { sql: `(${asked.sql}\n)`, values: asked.values };
    const { sql, values } = all([...(range ? [range] : []), ...ofShare(filter), inBrackets]);
    const of = (table: string) => `SELECT ${columns} FROM ${table} AS record WHERE ${sql} ${order}`;
    yield* this.#all(of('main.recent'), values);
    const equality = JsonEquality.of(query);
    const [below = Number.POSITIVE_INFINITY, above = 0] = range?.values.map(Number) ?? [];
    // What was unpacked to be searched is still there when the statement asks for it.
    const most = equality === undefined ? MOST_BLOCKS : FEWEST_BLOCKS;
    for (const chunk of this.#chunks(query, filter, { below, above, most })) {
      const table = this.#confinement.lift(() => this.#choose(chunk, equality));
      if (table !== undefined) yield* this.#all(of(table), values);
    }
  }

  /** Chooses what of some blocks is to be looked through and names its table; undefined for nothing. */
  #choose(chunk: readonly BlockEntry[], equality: JsonEquality | undefined): string | undefined {
    const picked = equality && chunk.flatMap((block) => this.#pick(block, equality));
    if (picked?.length === 0) return undefined;
    // Without its head its records have no ids.
    const readable = chunk.filter((block) => this.#blocks.head(block) !== undefined);
    const records = readable.reduce((sum, { count }) => sum + count, 0);
    if (picked === undefined || picked.length > records * MOST_PICKED) {
      this.#view.choose(readable);
      return 'chosen_record';
    }
    const ids = new Set(readable.map(({ firstId }) => firstId));
    this.#view.pick(picked.filter(([firstId]) => ids.has(firstId)));
    return 'picked_record';
  }

  /** The records of a block that may be meant, each as the block's first id and its place. */
  #pick(block: BlockEntry, equality: JsonEquality): [firstId: number, place: number][] {
    const picked: [number, number][] = [];
    for (let place = 0; place < block.count; ) {
      const found = this.#blocks.parts.texts(block, 'logrecs', place);
      // A damaged part is told of; its records have no logrec that could equal anything.
      if (found === undefined) break;
      for (const index of equality.places(found.texts)) picked.push([block.firstId, found.start + index]);
      place = found.start + found.texts.count;
    }
    return picked;
  }

  #all(sql: string, values: readonly SQLInputValue[]): Record<string, unknown>[] {
    return this.#database.prepare(sql).all(...values);
  }

  /** The blocks that may hold records, newest first. */
  *#chunks(
    query: string,
    filter: Filter,
    { below, above, most }: { below: number; above: number; most: number },
  ): Generator<BlockEntry[]> {
    const selection = MAY_REACH_OVER.test(query) ? undefined : this.#blocks.selection(filter);
    const { blocks } = this.#blocks.index;
    let chunk: BlockEntry[] = [];
    let size = FEWEST_BLOCKS;
    for (let index = blocks.length - 1; index >= 0; index--) {
      const block = blocks[index];
      if (block === undefined || block.firstId >= below) continue;
      if (block.lastId < above) break;
      if (!isInShare(filter, block.firstId, block.lastId)) continue;
      if (selection && !this.#confinement.lift(() => mayHold(selection, block))) continue;
      chunk.push(block);
      if (chunk.length < size) continue;
      yield chunk;
      chunk = [];
      size = Math.min(2 * size, most);
    }
    if (chunk.length > 0) yield chunk;
  }
}

function mayHold(selection: Selection, block: BlockEntry): boolean {
  return selection.mayTouch(block) && selection.countKinds(block) > 0;
}
