import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { BlockEntry } from './blocks/block-index.ts';
import type { Blocks } from './blocks/blocks.ts';
import type { Head } from './blocks/head.ts';
import { MAX_RECORDS } from './blocks/run.ts';
import { Strings } from './blocks/strings.ts';
import type { Texts } from './blocks/texts.ts';
import type { Confinement } from './query-guard.ts';

/**
 * The columns of a record in a block, each by a function that unpacks no more than its own part. CAST gives them the
 * affinity of a column, without which level = '20' would never hold.
 */
const COLUMNS = `CAST(block_id(first_id, place) AS INTEGER) AS record_id, CAST(block_name(first_id, place) AS TEXT) AS name,
  CAST(block_time(first_id, place) AS INTEGER) AS ts, CAST(block_level(first_id, place) AS INTEGER) AS level,
  CAST(block_message(first_id, place) AS TEXT) AS message, CAST(block_logrec(first_id, place) AS TEXT) AS logrec`;

const SCHEMA = `
  CREATE TEMP TABLE chosen (first_id INTEGER PRIMARY KEY NOT NULL, count INTEGER NOT NULL);
  CREATE TEMP TABLE picked (first_id INTEGER NOT NULL, place INTEGER NOT NULL);
  CREATE TEMP TABLE places (place INTEGER PRIMARY KEY NOT NULL);
  WITH RECURSIVE up(place) AS (VALUES (0) UNION ALL SELECT place + 1 FROM up WHERE place < ${MAX_RECORDS - 1})
  INSERT INTO places SELECT place FROM up;
  CREATE TEMP VIEW record AS
    SELECT record_id, name, ts, level, message, logrec FROM main.recent
    UNION ALL
    SELECT ${COLUMNS} FROM main.block CROSS JOIN places WHERE place < count;
  CREATE TEMP VIEW chosen_record AS
    SELECT ${COLUMNS} FROM chosen CROSS JOIN places WHERE place < count;
  CREATE TEMP VIEW picked_record AS SELECT ${COLUMNS} FROM picked;`;

/**
 * Lets SQL see blocks as records: `record` is every record of the store, `chosen_record` those of the blocks chosen
 * last, `picked_record` those picked last. A column of a damaged part is NULL.
 */
export class RecordView {
  readonly #blocks: Blocks;
  readonly #confinement: Confinement;
  readonly #clear: StatementSync;
  readonly #choose: StatementSync;
  readonly #drop: StatementSync;
  readonly #pick: StatementSync;
  #entry: BlockEntry | undefined;
  #head: Head | undefined;
  #messages = column('messages');
  #logrecs = column('logrecs');

  constructor(database: DatabaseSync, blocks: Blocks, confinement: Confinement) {
    this.#blocks = blocks;
    this.#confinement = confinement;
    const define = (
      name: string,
      read: (firstId: number, place: number) => string | number | bigint | Uint8Array | null,
    ) =>
      database.function(name, { deterministic: true }, (firstId, place) =>
        read(Number(firstId), Number(place)),
      );
    define('block_id', (firstId, place) => this.#headOf(firstId)?.ids[place] ?? null);
    define('block_time', (firstId, place) => integer(this.#headOf(firstId)?.times[place]));
    define('block_name', (firstId, place) => this.#kind(firstId, place)?.name ?? null);
    define('block_level', (firstId, place) => this.#kind(firstId, place)?.level ?? null);
    define('block_message', (firstId, place) => this.#message(firstId, place));
    define('block_logrec', (firstId, place) => this.#logrec(firstId, place));
    database.exec(SCHEMA);
    this.#clear = database.prepare('DELETE FROM chosen');
    this.#choose = database.prepare('INSERT INTO chosen VALUES (?, ?)');
    this.#drop = database.prepare('DELETE FROM picked');
    this.#pick = database.prepare('INSERT INTO picked VALUES (?, ?)');
  }

  choose(blocks: readonly BlockEntry[]): void {
    this.#clear.run();
    for (const { firstId, count } of blocks) this.#choose.run(firstId, count);
  }

  pick(places: readonly (readonly [firstId: number, place: number])[]): void {
    this.#drop.run();
    for (const [firstId, place] of places) this.#pick.run(firstId, place);
  }

  /** To be called when blocks may have changed. */
  forget(): void {
    this.#entry = undefined;
    this.#messages = column('messages');
    this.#logrecs = column('logrecs');
  }

  #headOf(firstId: number): Head | undefined {
    if (this.#entry?.firstId !== firstId) {
      const entry = this.#blocks.index.find(firstId);
      this.#entry = entry;
      this.#head = entry && this.#confinement.lift(() => this.#blocks.head(entry));
    }
    return this.#head;
  }

  #kind(firstId: number, place: number): { level: number; name: string } | undefined {
    const head = this.#headOf(firstId);
    return head && this.#entry && this.#blocks.index.kind(this.#entry, head.kinds[place]);
  }

  #textsOf(of: Column, firstId: number, place: number): Texts | undefined {
    if (of.firstId !== firstId || place < of.start || place >= of.end) {
      const entry = this.#blocks.index.find(firstId);
      const found = entry && this.#confinement.lift(() => this.#blocks.parts.texts(entry, of.part, place));
      of.firstId = firstId;
      of.start = found?.start ?? 0;
      of.end = found === undefined ? MAX_RECORDS : found.start + found.texts.count;
      of.texts = found?.texts;
      of.strings = undefined;
    }
    return of.texts;
  }

  #message(firstId: number, place: number): string | null {
    const of = this.#messages;
    const texts = this.#textsOf(of, firstId, place);
    if (texts === undefined) return null;
    of.strings ??= new Strings(texts);
    return of.strings.at(place - of.start);
  }

  /** Bytes, which the view makes a text without a look at them: that is cheaper than a string for a long text. */
  #logrec(firstId: number, place: number): Uint8Array | null {
    const of = this.#logrecs;
    const texts = this.#textsOf(of, firstId, place);
    if (texts === undefined) return null;
    const { bytes, starts } = texts;
    return bytes.subarray(starts[place - of.start], starts[place - of.start + 1]);
  }
}

/** The texts of a column that were asked for last: those of some places of a block. */
interface Column {
  readonly part: 'messages' | 'logrecs';
  firstId: number;
  start: number;
  end: number;
  texts: Texts | undefined;
  strings: Strings | undefined;
}

function column(part: Column['part']): Column {
  return { part, firstId: -1, start: 0, end: 0, texts: undefined, strings: undefined };
}

/** SQLite's REAL is no INTEGER: `ts` stays one however large. */
function integer(value: number | undefined): number | bigint | null {
  if (value === undefined) return null;
  return Number.isSafeInteger(value) ? value : BigInt(value);
}
