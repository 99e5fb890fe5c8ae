import { pageOf, RecordWriter } from '../record-writer.ts';
import type { Cursor, Filter, Page } from '../store.ts';
import { all, conditionOf } from './condition.ts';
import type { RowBinaryReader } from './row-binary.ts';

/** Asks for the answer to a SELECT without FORMAT and SETTINGS. */
export type Ask = (select: string) => Promise<RowBinaryReader>;

/** Records in a step of a stream at most. */
const STEP = 1000;
/** How much wider each next window of ids is. */
const WIDER = 8;

/** Where a record is, for the table is ordered by time and id, and the least that it takes in a page. */
interface Place {
  readonly id: number;
  readonly ts: string;
  readonly size: number;
}

/**
 * Pages of records, newest id first. The table is ordered by time, so the newest ids are looked for in windows, each wider
 * than the last, until there are enough: parts and granules outside of a window are not read. Texts are then read at
 * their places, and no more of them than the page takes.
 */
export class Pages {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  async page(filter: Filter, cursor: Cursor, maxBytes: number): Promise<Page> {
    const writer = new RecordWriter(maxBytes);
    const take = Math.min(cursor.take, STEP);
    const condition = conditionOf(filter);
    const below = take > 0 ? await this.#start(condition, cursor) : undefined;
    const places = below === undefined ? [] : await this.#newest(condition, below, take);
    const fitting = fittingOf(places, maxBytes);
    if (fitting.length > 0) {
      const keys = fitting.map(({ ts, id }) => `(${ts}, ${id})`);
      await this.#add(`(ts, record_id) IN (${keys.join(', ')})`, writer);
    }
    return pageOf(writer, cursor, take);
  }

  /** A record as JSON in UTF-8, or undefined. */
  async get(id: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const writer = new RecordWriter(1);
    await this.#add(`record_id = ${id}`, writer);
    return writer.count === 0 ? undefined : writer.bytes();
  }

  async #add(condition: string, writer: RecordWriter): Promise<void> {
    const columns = 'record_id, name, ts, level, message, logrec_text';
    const rows = await this.#ask(
      `SELECT ${columns} FROM record WHERE ${condition} ORDER BY record.record_id DESC`,
    );
    while (!rows.over && !writer.full) {
      const [id, name, ts, level] = [rows.uint64(), rows.text(), rows.int64(), rows.int32()];
      writer.add({ id, name, ts, level, message: rows.text(), logrec: rows.bytes() });
    }
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
        `SELECT record_id, toString(ts), size FROM record WHERE ${where} ORDER BY record.record_id DESC LIMIT ${take - places.length}`,
      );
      while (!rows.over) places.push({ id: rows.uint64(), ts: rows.text(), size: rows.uint32() });
      high = low;
      width *= WIDER;
    }
    return places;
  }
}

/** So many of the places as fill a page. */
function fittingOf(places: readonly Place[], maxBytes: number): readonly Place[] {
  let size = 0;
  for (const [index, place] of places.entries()) {
    size += place.size;
    if (size >= maxBytes) return places.slice(0, index + 1);
  }
  return places;
}
