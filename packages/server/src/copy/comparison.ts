import type { StoredRecord, Stretch } from '../store/store.ts';
import { Checksum } from './checksum.ts';
import { type Readable, Upwards } from './upwards.ts';

/** Differences that are kept, so that they can be told. */
const MOST_TOLD = 20;

/** A record that is not on both sides the same. */
interface Difference {
  readonly id: number;
  readonly how: 'missing in the target' | 'only in the target' | 'not the same' | 'twice in the target';
}

/** The two stores that are compared. */
interface Readers {
  readonly source: Readable;
  readonly target: Readable;
}

/** Both sides, held against each other stretch by stretch, lowest ids first. */
export class Comparison {
  readonly source = new Checksum();
  readonly target = new Checksum();
  /** The first ones. */
  readonly #differences: Difference[] = [];
  /** All of them. */
  differing = 0;

  /**
   * Reads a stretch of both sides. `goesOn` is asked between two portions; false when it ended the comparison before
   * the end.
   */
  async compare(readers: Readers, stretch: Stretch, goesOn: () => boolean): Promise<boolean> {
    const [source, target] = [
      new Side(new Upwards(readers.source, stretch), this.source),
      new Side(new Upwards(readers.target, stretch), this.target),
    ];
    for (;;) {
      await source.fill();
      await target.fill();
      if (source.over && target.over) return true;
      if (!goesOn()) return false;
      while (source.canGoOn && target.canGoOn && !(source.over && target.over)) this.#step(source, target);
    }
  }

  /** The first differences, up to 20, as a text such as "17 is missing in the target". */
  told(most = MOST_TOLD): string {
    const first = this.#differences.slice(0, most);
    const told = first.map(({ id, how }) => `${id} is ${how}`).join(', ');
    const rest = this.differing - first.length;
    return rest > 0 ? `${told} and ${rest} more` : told;
  }

  #step(source: Side, target: Side): void {
    const [one, other] = [source.record, target.record];
    if (one === undefined || (other !== undefined && other.id < one.id)) {
      if (other === undefined) return;
      this.#differ(other.id, other.id === target.previous ? 'twice in the target' : 'only in the target');
      target.take();
    } else if (other === undefined || one.id < other.id) {
      this.#differ(one.id, 'missing in the target');
      source.take();
    } else {
      if (!isSame(one, other)) this.#differ(one.id, 'not the same');
      source.take();
      target.take();
    }
  }

  #differ(id: number, how: Difference['how']): void {
    this.differing++;
    if (this.#differences.length < MOST_TOLD) this.#differences.push({ id, how });
  }
}

/** Where one side stands. */
class Side {
  readonly #records: Upwards;
  readonly #checksum: Checksum;
  #portion: readonly StoredRecord[] = [];
  #at = 0;
  over = false;
  /** The id of the record before. */
  previous: number | undefined;

  constructor(records: Upwards, checksum: Checksum) {
    this.#records = records;
    this.#checksum = checksum;
  }

  /** Reads on where nothing is left of what was read. */
  async fill(): Promise<void> {
    if (this.over || this.#at < this.#portion.length) return;
    this.#portion = await this.#records.read();
    this.#at = 0;
    this.over = this.#portion.length === 0;
  }

  /** It needs no reading before the next step. */
  get canGoOn(): boolean {
    return this.over || this.#at < this.#portion.length;
  }

  get record(): StoredRecord | undefined {
    return this.#portion[this.#at];
  }

  take(): void {
    const { record } = this;
    if (record === undefined) return;
    this.#checksum.add(record);
    this.previous = record.id;
    this.#at++;
  }
}

function isSame(one: StoredRecord, other: StoredRecord): boolean {
  return (
    one.logrec === other.logrec &&
    one.message === other.message &&
    one.name === other.name &&
    one.ts === other.ts &&
    one.level === other.level
  );
}
