import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { formatTimestamp, type LogRecord } from '@chronologer/record';
import { ByteWriter } from './blocks/byte-writer.ts';
import { numberOf, textOf } from './connection.ts';

/** REAL, because an integer beyond 2^53 (a year after 2255) would be refused by node:sqlite. */
const COLUMNS = 'record_id, name, CAST(ts AS REAL) AS ts, level, message, logrec';

/** A record of the table `recent` with its id. */
export interface Row extends LogRecord {
  readonly id: number;
}

/** What is written of a record; `logrec` as it is stored, in UTF-8 or as a text. */
export type Written = Omit<Row, 'logrec'> & { readonly logrec: string | Uint8Array };

/** Records as they are sent: JSON texts joined by commas, `logrec` as it was stored and never parsed. */
export class RecordWriter {
  readonly #limit: number;
  readonly #writer = new ByteWriter(65_536);
  count = 0;
  lastId = 0;

  /** Full when its text is `limit` bytes or more. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get full(): boolean {
    return this.#writer.length >= this.#limit;
  }

  add({ id, name, ts, level, message, logrec }: Written): void {
    const head = `{"name": ${JSON.stringify(name)}, "ts": "${formatTimestamp(ts)}", "level": ${level}`;
    const separator = this.count === 0 ? '' : ', ';
    this.#writer.text(`${separator}${head}, "message": ${JSON.stringify(message)}, "logrec": `);
    if (typeof logrec === 'string') this.#writer.text(logrec);
    else this.#writer.bytes(logrec);
    this.#writer.text(`, "id": ${id}}`);
    this.lastId = id;
    this.count++;
  }

  /** A copy, which may be handed over to another thread. */
  bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#writer.done());
  }
}

/** The rows of `recent` that a clause after FROM finds, one at a time. */
export function* rows(
  database: DatabaseSync,
  clause: string,
  values: readonly SQLInputValue[],
): Generator<Row> {
  const found = database.prepare(`SELECT ${COLUMNS} FROM recent ${clause}`).iterate(...values);
  for (const row of found) yield rowOf(row);
}

/** A row with the columns of a record. */
export function rowOf({ record_id, name, ts, level, message, logrec }: Record<string, unknown>): Row {
  return {
    id: numberOf(record_id),
    name: textOf(name),
    ts: numberOf(ts),
    level: numberOf(level),
    message: textOf(message),
    logrec: textOf(logrec),
  };
}
