import type { Written } from './record-writer.ts';
import type { Portion, PortionLimits, StoredRecord, Stretch } from './store.ts';

/** Records of a walk upwards, until they are enough for one portion. */
export class PortionWriter {
  readonly #limits: PortionLimits;
  readonly #records: StoredRecord[] = [];
  #bytes = 0;

  constructor(limits: PortionLimits) {
    this.#limits = limits;
  }

  get full(): boolean {
    return this.missing <= 0 || this.room <= 0;
  }

  /** Records that are missing until it is full; */
  get missing(): number {
    return this.#limits.records - this.#records.length;
  }

  /** and bytes. */
  get room(): number {
    return this.#limits.bytes - this.#bytes;
  }

  add(record: Written): void {
    this.#records.push(stored(record));
    this.#bytes += record.message.length + record.logrec.length;
  }

  /** What was added; it goes on behind the last one only where it ended for being full. */
  portion({ to }: Stretch): Portion {
    const records = this.#records;
    const next = (records.at(-1)?.id ?? 0) + 1;
    return this.full && next <= to ? { records, next } : { records };
  }
}

/** A record that was read, with its text as a text. */
export function stored({ id, name, ts, level, message, logrec }: Written): StoredRecord {
  const text = typeof logrec === 'string' ? logrec : bytesOf(logrec).toString('utf8');
  return { id, name, ts, level, message, logrec: text };
}

/** Not copied. */
function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
