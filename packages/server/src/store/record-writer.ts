import { formatTimestamp, type LogRecord } from '@chronologer/record';
import { ByteWriter } from './byte-writer.ts';
import type { Cursor, Page } from './store.ts';

/** What is written of a record; `logrec` as it is stored, in UTF-8 or as a text. */
export type Written = Omit<LogRecord, 'logrec'> & {
  readonly id: number;
  readonly logrec: string | Uint8Array;
};

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

  /** Bytes that are missing until it is full. */
  get room(): number {
    return this.#limit - this.#writer.length;
  }

  /** Of a record, on average; 0 without one. */
  get usualBytes(): number {
    return this.count === 0 ? 0 : this.#writer.length / this.count;
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

  /** What was added, which may be handed over to another thread. Nothing can be added any more. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#writer.finish();
  }
}

/** A page and where it goes on: after a step that found less than it looked for, nowhere. */
export function pageOf(writer: RecordWriter, { take }: Cursor, looked: number): Page {
  const page = { bytes: writer.finish(), count: writer.count };
  const over = writer.count === take || (writer.count < looked && !writer.full);
  return over ? page : { ...page, next: { skip: 0, take: take - writer.count, below: writer.lastId } };
}
