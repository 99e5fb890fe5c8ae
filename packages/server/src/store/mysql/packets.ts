/** Statements that go to the server in few packets, none larger than it takes unless one row alone is. */
export class Packets {
  readonly #limit: number;
  readonly #packets: string[] = [];
  #parts: string[] = [];
  #size = 0;

  /** `limit`: bytes of a packet. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds a whole statement. */
  add(sql: string): void {
    this.#make(Buffer.byteLength(sql) + 1);
    this.#push(`${sql};`);
  }

  /** Adds `head row, row, … tail`, as several statements where one would be too large; none for no rows. */
  addRows(head: string, rows: Iterable<string>, tail = ''): void {
    const close = `${tail};`;
    let open = false;
    for (const row of rows) {
      const bytes = Buffer.byteLength(row) + 1;
      if (open && this.#size + bytes + close.length > this.#limit) {
        this.#push(close);
        open = false;
      }
      if (!open) this.#make(head.length + bytes + close.length);
      this.#push(open ? `,${row}` : head + row, bytes + (open ? 0 : head.length));
      open = true;
    }
    if (open) this.#push(close);
  }

  /** The packets so far, in order, for sending them before the rest is known. */
  take(): string[] {
    this.#flush();
    return this.#packets.splice(0);
  }

  /** The packets that were not taken, in order; the last one ends with `last`. */
  done(last: string): string[] {
    this.add(last);
    this.#flush();
    return this.#packets;
  }

  /** Begins a new packet unless so many bytes fit this one. */
  #make(bytes: number): void {
    if (this.#size > 0 && this.#size + bytes > this.#limit) this.#flush();
  }

  #push(text: string, bytes = Buffer.byteLength(text)): void {
    this.#parts.push(text);
    this.#size += bytes;
  }

  #flush(): void {
    if (this.#parts.length > 0) this.#packets.push(this.#parts.join(''));
    this.#parts = [];
    this.#size = 0;
  }
}
