import type { Filter } from '../../store.ts';
import type { BlockEntry, BlockIndex, LevelAndName } from './block-index.ts';
import type { Head } from './head.ts';

/** A filter without its query, made ready for blocks. */
export class Selection {
  readonly #index: BlockIndex;
  readonly #after: number;
  readonly #before: number;
  /** Whether a kind is meant; undefined when all are, so that no block has to be asked for its kinds. */
  readonly #isMeant: ((kind: LevelAndName) => boolean) | undefined;
  /** By the place of a kind in the index, as far as they were looked at. */
  readonly #meant: boolean[] = [];

  constructor({ after, before, level, names }: Filter, index: BlockIndex) {
    this.#index = index;
    this.#after = after ?? Number.NEGATIVE_INFINITY;
    this.#before = before ?? Number.POSITIVE_INFINITY;
    if (level === undefined && names.length === 0) return;
    // Names are compared as the texts that are stored, in which no surrogate stands alone.
    const prefixes = names.map((name) => name.toWellFormed());
    this.#isMeant = (kind) =>
      (level === undefined || kind.level >= level) &&
      (prefixes.length === 0 || prefixes.some((prefix) => kind.name.startsWith(prefix)));
  }

  /** How many records of a block are of the levels and names, whatever their times. */
  countKinds(block: BlockEntry): number {
    const isMeant = this.#isMeant;
    if (isMeant === undefined) return block.count;
    const tally = this.#index.tally(block);
    if (tally === undefined) return 0;
    const { kinds, counts } = tally;
    let count = 0;
    for (let index = 0; index < kinds.length; index++) {
      if (this.#means(kinds[index] ?? 0, isMeant)) count += counts[index] ?? 0;
    }
    return count;
  }

  /** Whether all of a block's records are in the range of time. */
  isWhole({ lowestTime, highestTime }: BlockEntry): boolean {
    return lowestTime >= this.#after && highestTime <= this.#before;
  }

  /** False when none of a block's records can be in the range of time. */
  mayTouch({ lowestTime, highestTime }: BlockEntry): boolean {
    return highestTime >= this.#after && lowestTime <= this.#before;
  }

  /** Whether a record of a block is meant, by its place. */
  holds(block: BlockEntry, { times, kinds }: Head, place: number): boolean {
    const time = times[place] ?? Number.NaN;
    if (!(time >= this.#after && time <= this.#before)) return false;
    const isMeant = this.#isMeant;
    if (isMeant === undefined) return true;
    const kind = this.#index.tally(block)?.kinds[kinds[place] ?? 0];
    return kind !== undefined && this.#means(kind, isMeant);
  }

  /** How many records of a block are meant; `head` is asked for where its entry does not tell. */
  count(block: BlockEntry, head: (block: BlockEntry) => Head | undefined): number {
    if (!this.mayTouch(block)) return 0;
    const most = this.countKinds(block);
    if (most === 0 || this.isWhole(block)) return most;
    const read = head(block);
    if (read === undefined) return 0;
    let count = 0;
    for (let place = 0; place < block.count; place++) if (this.holds(block, read, place)) count++;
    return count;
  }

  #means(kind: number, isMeant: (kind: LevelAndName) => boolean): boolean {
    const { kinds } = this.#index;
    while (this.#meant.length < kinds.length) {
      const next = kinds[this.#meant.length];
      this.#meant.push(next !== undefined && isMeant(next));
    }
    return this.#meant[kind] === true;
  }
}
