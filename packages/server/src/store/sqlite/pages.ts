import type { DatabaseSync } from 'node:sqlite';
import { pageOf, RecordWriter, type Written } from '../record-writer.ts';
import type { Cursor, Filter, Page } from '../store.ts';
import { StoreError } from '../store-error.ts';
import type { BlockEntry } from './blocks/block-index.ts';
import type { Blocks } from './blocks/blocks.ts';
import { LeastRecent } from './blocks/least-recent.ts';
import { all, ofLevelAndName, ofTime } from './condition.ts';
import { numberOf } from './connection.ts';
import { rows } from './rows.ts';

/** Records in a step of a stream at most. */
const STEP = 1000;

/** Bytes of records that are kept for the next page, and about what each takes besides its texts. */
const KEPT_BYTES = 1_048_576;
const KEPT_BYTES_A_RECORD = 256;

/** Ids that are no further apart are neighbours; of a row of neighbours, about so many are kept. */
const NEIGHBOUR = 4;
const KEPT_NEIGHBOURS = 8;

/** A page on its way: what is still to be passed over, and what was found. */
interface Progress {
  skip: number;
  readonly take: number;
  readonly below: number;
  readonly writer: RecordWriter;
}

/**
 * Pages of records, newest id first: the recent rows, then block by block. Blocks are passed over by the counts of their
 * levels and names and by their times; only those are unpacked that hold a record of the page, or that an edge of the
 * time range cuts. To be used inside one transaction.
 *
 * The records read last are kept: a page of rare ones is unpacked from a hundred places, and whoever looks at it soon
 * asks again. A record never changes, and no id is given twice. Of neighbours only the first few are kept: they are
 * unpacked together, and all those of a long stream would be copied in vain.
 */
export class Pages {
  readonly #database: DatabaseSync;
  readonly #blocks: Blocks;
  readonly #kept = new LeastRecent<number, Written>(KEPT_BYTES);
  /** The record written last, and how many neighbours were written before it. */
  #last = 0;
  #neighbours = 0;

  constructor(database: DatabaseSync, blocks: Blocks) {
    this.#database = database;
    this.#blocks = blocks;
  }

  page(filter: Filter, { skip, take, below }: Cursor, maxBytes: number): Page {
    // Behind the last record that there can be nothing is looked for.
    const cursor = {
      skip,
      take: Math.min(take, Math.max(0, this.#most(filter) - skip)),
      ...(below !== undefined && { below }),
    };
    const progress: Progress = {
      skip: cursor.skip,
      take: Math.min(cursor.take, STEP),
      below: cursor.below ?? Number.MAX_SAFE_INTEGER,
      writer: new RecordWriter(maxBytes),
    };
    if (progress.take > 0) {
      this.#recent(filter, progress);
      this.#inBlocks(filter, progress);
    }
    return pageOf(progress.writer, cursor, progress.take);
  }

  /** How many records of a filter there are at most: those of its levels and names, whatever their times. */
  #most(filter: Filter): number {
    const conditions = ofLevelAndName(filter);
    if (conditions.length === 0) return Number.POSITIVE_INFINITY;
    const { sql, values } = all(conditions);
    const row = this.#database.prepare(`SELECT total(count) AS count FROM total WHERE ${sql}`).get(...values);
    return numberOf(row?.count);
  }

  /** One record by its id, if there is one. Throws a StoreError when its block is damaged. */
  get(id: number, writer: RecordWriter): void {
    if (!this.add(id, writer)) throw new StoreError('unavailable', `The block of record ${id} is damaged`);
  }

  /** Adds a record by its id, if there is one; false when its block is damaged. */
  add(id: number, writer: RecordWriter): boolean {
    for (const row of rows(this.#database, 'WHERE record_id = ?', [id])) {
      writer.add(row);
      return true;
    }
    const block = this.#blocks.index.find(id);
    if (block === undefined) return true;
    const place = this.#blocks.head(block)?.ids.indexOf(id);
    if (place === -1) return true;
    return place !== undefined && this.#write(block, id, place, writer);
  }

  /** Adds a record of a block; false when what is asked for of the block is damaged. */
  #write(block: BlockEntry, id: number, place: number, writer: RecordWriter): boolean {
    this.#neighbours = Math.abs(id - this.#last) <= NEIGHBOUR ? this.#neighbours + 1 : 0;
    this.#last = id;
    const record =
      this.#neighbours > KEPT_NEIGHBOURS
        ? this.#read(block, place)
        : this.#kept.get(id, () => {
            const read = this.#read(block, place);
            if (read === undefined) return undefined;
            // What was unpacked is given back before this is forgotten.
            const kept = { ...read, logrec: new Uint8Array(read.logrec) };
            return [kept, KEPT_BYTES_A_RECORD + 2 * read.message.length + read.logrec.length];
          });
    if (record !== undefined) writer.add(record);
    return record !== undefined;
  }

  /** Its `logrec` is a part of what is unpacked, to be used at once. */
  #read(block: BlockEntry, place: number): (Written & { readonly logrec: Uint8Array }) | undefined {
    const { index, parts } = this.#blocks;
    const head = this.#blocks.head(block);
    const message = parts.text(block, 'messages', place);
    const logrec = parts.text(block, 'logrecs', place);
    if (head === undefined || message === undefined || logrec === undefined) return undefined;
    const kind = index.kind(block, head.kinds[place]);
    return {
      id: head.ids[place] ?? 0,
      name: kind?.name ?? '',
      ts: head.times[place] ?? 0,
      level: kind?.level ?? 0,
      message: message.toString('utf8'),
      logrec,
    };
  }

  #recent(filter: Filter, progress: Progress): void {
    const below = { sql: 'record_id < ?', values: [progress.below] };
    const { sql, values } = all([below, ...ofTime(filter), ...ofLevelAndName(filter)]);
    if (progress.skip > 0) {
      const row = this.#database.prepare(`SELECT count(*) AS count FROM recent WHERE ${sql}`).get(...values);
      const count = numberOf(row?.count);
      if (count <= progress.skip) {
        progress.skip -= count;
        return;
      }
    }
    const clause = `WHERE ${sql} ORDER BY record_id DESC LIMIT ? OFFSET ?`;
    for (const row of rows(this.#database, clause, [...values, progress.take, progress.skip])) {
      progress.writer.add(row);
      if (progress.writer.full) break;
    }
    progress.skip = 0;
  }

  #inBlocks(filter: Filter, progress: Progress): void {
    const { blocks } = this.#blocks.index;
    const selection = this.#blocks.selection(filter);
    const head = (block: BlockEntry) => this.#blocks.head(block);
    for (let index = blocks.length - 1; index >= 0 && !isOver(progress); index--) {
      const block = blocks[index];
      if (block === undefined || block.firstId >= progress.below || !selection.mayTouch(block)) continue;
      if (selection.countKinds(block) === 0) continue;
      if (progress.skip > 0 && block.lastId < progress.below) {
        const count = selection.count(block, head);
        if (count <= progress.skip) {
          progress.skip -= count;
          continue;
        }
      }
      const read = head(block);
      if (read === undefined) continue;
      for (let place = block.count - 1; place >= 0 && !isOver(progress); place--) {
        const id = read.ids[place] ?? 0;
        if (id >= progress.below || !selection.holds(block, read, place)) continue;
        if (progress.skip > 0) progress.skip--;
        else if (!this.#write(block, id, place, progress.writer)) {
          place = this.#blocks.parts.damageStart(block, place);
        }
      }
    }
  }
}

function isOver({ writer, take }: Progress): boolean {
  return writer.count >= take || writer.full;
}
