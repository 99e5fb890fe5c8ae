import { setImmediate } from 'node:timers/promises';
import type { Portion, PortionLimits, StoredRecord, StoreReader, Stretch } from '../store/store.ts';

/** Four of SQLite's largest blocks, as far as their texts are not large; one insert, and so one part, of ClickHouse. */
const PORTION: PortionLimits = { records: 16_384, bytes: 16_777_216 };

/** What portions are read from. */
export type Readable = Pick<StoreReader, 'upwards'>;

/** Reads a stretch portion by portion, lowest id first. */
export class Upwards {
  readonly #reader: Readable;
  readonly #stretch: Stretch;
  #next: number | undefined;

  constructor(reader: Readable, stretch: Stretch) {
    this.#reader = reader;
    this.#stretch = stretch;
    this.#next = stretch.from <= stretch.to ? stretch.from : undefined;
  }

  /** The next records; none at the end. */
  async read(): Promise<readonly StoredRecord[]> {
    if (this.#next === undefined) return [];
    // Some stores do all their work at once: signals have to come through in between.
    await setImmediate();
    const { records, next }: Portion = await this.#reader.upwards(
      { ...this.#stretch, from: this.#next },
      PORTION,
    );
    this.#next = next;
    return records;
  }
}
