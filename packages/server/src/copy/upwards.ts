import { setImmediate } from 'node:timers/promises';
import type { Portion, PortionLimits, StoredRecord, StoreReader, Stretch } from '../store/store.ts';

/** Two of SQLite's largest blocks, as far as their texts are not large. More take memory and are no faster. */
const PORTION: PortionLimits = { records: 8192, bytes: 8_388_608 };

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
