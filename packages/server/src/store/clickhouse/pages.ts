import { RecordWriter, type Written } from '../record-writer.ts';
import type { Cursor, Filter, Page } from '../store.ts';
import { all, conditionOf } from './condition.ts';
import { type Ask, WholeRecords } from './whole-records.ts';

/** Records that are looked for at once: for a first page, which is often the only one, and further on in a stream. */
const FIRST_STEP = 1000;
const STEP = 12000;
/** Bytes that are read at once further on in a stream, for pages to come: a question costs more than its answer. */
const AHEAD = 8_388_608;
/** How long what was read ahead is good for, in milliseconds. */
const FRESH = 2000;
/** How much wider each next window of ids is. */
const WIDER = 8;

/** Where a record is, for the table is ordered by time and id, and the least that it takes in a page. */
export interface Place {
  readonly id: number;
  readonly ts: bigint;
  readonly size: number;
}

/** Records in order, at least one unless there are none, and whether there are none behind them. */
interface Rows {
  readonly rows: readonly Written[];
  readonly isLast: boolean;
}

/** Records that belong to the next page. */
interface Ahead extends Rows {
  readonly condition: string;
  readonly below: number;
  readonly read: number;
}

/**
 * Pages of records, newest id first. The table is ordered by time, so the newest ids are looked for in windows, each wider
 * than the last, until there are enough: parts and granules outside of a window are not read. Texts are then read
 * where these are, by time and id, and no more of them than the page takes, or the next pages of a stream.
 */
export class Pages {
  readonly #ask: Ask;
  readonly #whole: WholeRecords;
  #ahead: Ahead | undefined;

  constructor(ask: Ask) {
    this.#ask = ask;
    this.#whole = new WholeRecords(ask);
  }

  async page(filter: Filter, cursor: Cursor, maxBytes: number): Promise<Page> {
    const writer = new RecordWriter(maxBytes);
    const condition = conditionOf(filter);
    const { rows, isLast } = this.#kept(condition, cursor) ?? (await this.#read(condition, cursor, maxBytes));
    let used = 0;
    for (const row of rows) {
      if (writer.full || used === cursor.take) break;
      writer.add(row);
      used++;
    }
    const page = { bytes: writer.finish(), count: writer.count };
    const left = rows.slice(used);
    if (used === 0 || used === cursor.take || (isLast && left.length === 0)) return page;
    const below = writer.lastId;
    if (left.length > 0) this.#ahead = { condition, below, rows: left, isLast, read: performance.now() };
    return { ...page, next: { skip: 0, take: cursor.take - used, below } };
  }

  /** What was read ahead, if it goes on where a page is to begin. Each stream begins with what there is then. */
  #kept(condition: string, { skip, below }: Cursor): Rows | undefined {
    const kept = this.#ahead;
    this.#ahead = undefined;
    if (kept === undefined || skip > 0 || kept.below !== below || kept.condition !== condition)
      return undefined;
    return performance.now() - kept.read < FRESH ? kept : undefined;
  }

  async #read(condition: string, cursor: Cursor, maxBytes: number): Promise<Rows> {
    const isFurther = cursor.below !== undefined;
    const take = Math.min(cursor.take, isFurther ? STEP : FIRST_STEP);
    let below = take > 0 ? await this.#start(condition, cursor) : undefined;
    while (below !== undefined) {
      const places = await this.#newest(condition, below, take);
      const fitting = fittingOf(places, isFurther ? Math.max(maxBytes, AHEAD) : maxBytes);
      const isLast = fitting.length === places.length && places.length < take;
      if (fitting.length === 0) break;
      const place = all(within(fitting));
      const rows = await this.#whole.read(place, all([place, condition]));
      if (rows.length > 0 || isLast) return { rows, isLast };
      // Retention has removed all of them since they were found: those that are left may be below.
      below = fitting.at(-1)?.id;
    }
    return { rows: [], isLast: true };
  }

  /** A record as JSON in UTF-8, or undefined. */
  async get(id: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const place = `record_id = ${id}`;
    const [row] = await this.#whole.read(place, place);
    if (row === undefined) return undefined;
    const writer = new RecordWriter(1);
    writer.add(row);
    return writer.finish();
  }

  /** The id below which the page begins; undefined when there are not so many records. */
  async #start(condition: string, { skip, below = Number.MAX_SAFE_INTEGER }: Cursor) {
    if (skip === 0) return below;
    const where = all([`record_id < ${below}`, condition]);
    const order = `ORDER BY record.record_id DESC LIMIT 1 OFFSET ${skip}`;
    const found = await this.#ask(`SELECT record_id FROM record WHERE ${where} ${order}`);
    return found.over ? undefined : found.uint64() + 1;
  }

  async #newest(condition: string, below: number, take: number): Promise<Place[]> {
    const bounds = await this.#ask('SELECT min(record_id), max(record_id), count() FROM record');
    const [lowest, highest, count] = [bounds.uint64(), bounds.uint64(), bounds.uint64()];
    const places: Place[] = [];
    let high = Math.min(below, highest + 1);
    let width = Math.ceil(((highest - lowest + 1) / Math.max(1, count)) * take * WIDER);
    while (count > 0 && high > lowest && places.length < take) {
      const low = Math.max(lowest, high - width);
      const where = all([`record_id >= ${low}`, `record_id < ${high}`, condition]);
      const rows = await this.#ask(
        `SELECT record_id, ts, size FROM record WHERE ${where} ORDER BY record.record_id DESC LIMIT ${take - places.length}`,
      );
      while (!rows.over) places.push({ id: rows.uint64(), ts: rows.exactInt64(), size: rows.uint32() });
      high = low;
      width *= WIDER;
    }
    return places;
  }
}

/** So many of the places as fill a page. */
export function fittingOf(places: readonly Place[], maxBytes: number): readonly Place[] {
  let size = 0;
  for (const [index, place] of places.entries()) {
    size += place.size;
    if (size >= maxBytes) return places.slice(0, index + 1);
  }
  return places;
}

/** Conditions that hold for all places, in whichever order of ids, by the order of the table and of its parts. */
export function within(places: readonly Place[]): string[] {
  let [first, last] = [places[0]?.ts ?? 0n, places[0]?.ts ?? 0n];
  for (const { ts } of places) {
    if (ts < first) first = ts;
    if (ts > last) last = ts;
  }
  const ends = [places[0]?.id ?? 0, places.at(-1)?.id ?? 0];
  return [
    `ts >= ${first} AND ts <= ${last}`,
    `record_id >= ${Math.min(...ends)} AND record_id <= ${Math.max(...ends)}`,
  ];
}
