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

  add({ id, name, ts, level, message, logrec }: Written): void {
    const text = typeof logrec === 'string' ? logrec : Buffer.from(logrec).toString('utf8');
    this.#records.push({ id, name, ts, level, message, logrec: text });
    this.#bytes += message.length + logrec.length;
  }

  /** What was added; it goes on behind the last one only where it ended for being full. */
  portion({ to }: Stretch): Portion {
    const records = this.#records;
    const next = (records.at(-1)?.id ?? 0) + 1;
    return this.full && next <= to ? { records, next } : { records };
  }
}
