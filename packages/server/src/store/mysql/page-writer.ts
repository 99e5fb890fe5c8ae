/** What of a record is in its row. `time` as an answer has it. */
export interface RowHead {
  readonly id: number;
  readonly name: string;
  readonly time: string;
  readonly level: number;
  readonly message: string;
}

const SEPARATOR = Buffer.from(', ');

/** Records as they are sent: JSON texts joined by commas, `logrec` as it was stored and never parsed. */
export class PageWriter {
  readonly #limit: number;
  readonly #parts: Uint8Array[] = [];
  #size = 0;
  count = 0;

  /** Full when its text is `limit` bytes or more. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get full(): boolean {
    return this.#size >= this.#limit;
  }

  /** Bytes that are missing until it is full. */
  get room(): number {
    return this.#limit - this.#size;
  }

  add({ id, name, time, level, message }: RowHead, logrec: Uint8Array): void {
    if (this.count > 0) this.#push(SEPARATOR);
    const head = `{"name": ${JSON.stringify(name)}, "ts": "${time}", "level": ${level}`;
    this.#push(Buffer.from(`${head}, "message": ${JSON.stringify(message)}, "logrec": `));
    this.#push(logrec);
    this.#push(Buffer.from(`, "id": ${id}}`));
    this.count++;
  }

  /** A copy, which may be handed over to another thread. */
  bytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  #push(part: Uint8Array): void {
    this.#parts.push(part);
    this.#size += part.length;
  }
}
