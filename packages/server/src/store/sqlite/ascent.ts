import type { DatabaseSync } from 'node:sqlite';
import { PortionWriter } from '../portion.ts';
import type { IdRange, Portion, PortionLimits, Stretch } from '../store.ts';
import type { BlockEntry } from './blocks/block-index.ts';
import type { Blocks } from './blocks/blocks.ts';
import type { Selection } from './blocks/selection.ts';
import { Strings } from './blocks/strings.ts';
import { all, ofTime } from './condition.ts';
import { numberOf } from './connection.ts';
import { rows } from './rows.ts';

/** The texts of one part of a block that were unpacked last. */
interface Unpacked {
  readonly start: number;
  readonly end: number;
  readonly strings: Strings;
}

/** Records, lowest id first: block by block, then the recent rows. To be used inside one transaction. */
export class Ascent {
  readonly #database: DatabaseSync;
  readonly #blocks: Blocks;

  constructor(database: DatabaseSync, blocks: Blocks) {
    this.#database = database;
    this.#blocks = blocks;
  }

  ids(): IdRange | undefined {
    const { blocks } = this.#blocks.index;
    const row = this.#database
      .prepare('SELECT min(record_id) AS lowest, max(record_id) AS highest FROM recent')
      .get();
    const lowest = blocks[0]?.firstId ?? row?.lowest ?? undefined;
    const highest = row?.highest ?? blocks.at(-1)?.lastId ?? undefined;
    return lowest === undefined ? undefined : { from: numberOf(lowest), to: numberOf(highest) };
  }

  portion(stretch: Stretch, limits: PortionLimits): Portion {
    const taken = new PortionWriter(limits);
    const selection = this.#blocks.selection({ ...stretch, names: [] });
    for (const block of this.#blocks.index.blocks) {
      if (block.lastId < stretch.from || block.firstId > stretch.to || !selection.mayTouch(block)) continue;
      this.#takeBlock(block, stretch, selection, taken);
      if (taken.full) return taken.portion(stretch);
    }
    const ids = { sql: 'record_id >= ? AND record_id <= ?', values: [stretch.from, stretch.to] };
    const { sql, values } = all([ids, ...ofTime(stretch)]);
    for (const row of rows(this.#database, `WHERE ${sql} ORDER BY record_id`, values)) {
      taken.add(row);
      if (taken.full) break;
    }
    return taken.portion(stretch);
  }

  /** Of a damaged block it takes what stands before the damage. */
  #takeBlock(block: BlockEntry, { from, to }: IdRange, selection: Selection, taken: PortionWriter): void {
    const { index } = this.#blocks;
    const head = this.#blocks.head(block);
    if (head === undefined) return;
    let messages: Unpacked | undefined;
    let logrecs: Unpacked | undefined;
    for (let place = 0; place < block.count && !taken.full; place++) {
      const id = head.ids[place] ?? 0;
      if (id < from || id > to || !selection.holds(block, head, place)) continue;
      messages = this.#unpacked(messages, block, 'messages', place);
      logrecs = this.#unpacked(logrecs, block, 'logrecs', place);
      if (messages === undefined || logrecs === undefined) return;
      const kind = index.kind(block, head.kinds[place]);
      taken.add({
        id,
        name: kind?.name ?? '',
        ts: head.times[place] ?? 0,
        level: kind?.level ?? 0,
        message: messages.strings.at(place - messages.start),
        logrec: logrecs.strings.at(place - logrecs.start),
      });
    }
  }

  #unpacked(
    last: Unpacked | undefined,
    block: BlockEntry,
    part: 'messages' | 'logrecs',
    place: number,
  ): Unpacked | undefined {
    if (last !== undefined && place < last.end) return last;
    const found = this.#blocks.parts.texts(block, part, place);
    if (found === undefined) return undefined;
    const { texts, start } = found;
    return { start, end: start + texts.count, strings: new Strings(texts) };
  }
}
