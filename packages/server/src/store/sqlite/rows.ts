import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { formatTimestamp } from '@chronologer/record';
import { numberOf, textOf } from './connection.ts';

/** REAL, because an integer beyond 2^53 (a year after 2255) would be refused by node:sqlite. */
const COLUMNS = 'record_id, name, CAST(ts AS REAL) AS ts, level, message, logrec';

/** Records as they are sent: JSON texts joined by commas, `logrec` as it was stored and never parsed. */
export class RecordWriter {
  readonly #limit: number;
  #text = '';
  count = 0;
  lastId = 0;

  /** Full when its text is `limit` characters or more. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get full(): boolean {
    return this.#text.length >= this.#limit;
  }

  add(row: Record<string, unknown>): void {
    this.lastId = numberOf(row.record_id);
    const name = JSON.stringify(textOf(row.name));
    const message = JSON.stringify(textOf(row.message));
    const head = `{"name": ${name}, "ts": "${formatTimestamp(numberOf(row.ts))}", "level": ${numberOf(row.level)}`;
    const separator = this.count === 0 ? '' : ', ';
    this.#text += `${separator}${head}, "message": ${message}, "logrec": ${textOf(row.logrec)}, "id": ${this.lastId}}`;
    this.count++;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return new TextEncoder().encode(this.#text);
  }
}

/** The rows that a clause after FROM finds, one at a time. */
export function rows(
  database: DatabaseSync,
  clause: string,
  values: readonly SQLInputValue[],
): IterableIterator<Record<string, unknown>> {
  return database.prepare(`SELECT ${COLUMNS} FROM record ${clause}`).iterate(...values);
}
