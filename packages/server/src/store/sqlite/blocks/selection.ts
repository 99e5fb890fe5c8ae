import type { Filter } from '../../store.ts';
import type { BlockEntry, LevelAndName } from './block-index.ts';
import type { Head } from './head.ts';

/** A filter without its query, made ready for blocks. */
export class Selection {
  readonly #kinds: Uint8Array;
  readonly #after: number;
  readonly #before: number;

  /** `kinds` are those of the index; they may not grow while this is used. */
  constructor({ after, before, level, names }: Filter, kinds: readonly LevelAndName[]) {
    this.#after = after ?? Number.NEGATIVE_INFINITY;
    this.#before = before ?? Number.POSITIVE_INFINITY;
    // Names are compared as the texts that are stored, in which no surrogate stands alone.
    const prefixes = names.map((name) => name.toWellFormed());
    this.#kinds = Uint8Array.from(kinds, (kind) => {
      if (level !== undefined && kind.level < level) return 0;
      return prefixes.length === 0 || prefixes.some((prefix) => kind.name.startsWith(prefix)) ? 1 : 0;
    });
  }

  /** How many records of a block are of the levels and names, whatever their times. */
  countKinds({ kinds, counts }: BlockEntry): number {
    let count = 0;
    for (let index = 0; index < kinds.length; index++) {
      if (this.#kinds[kinds[index] ?? 0] === 1) count += counts[index] ?? 0;
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
    return this.#kinds[block.kinds[kinds[place] ?? 0] ?? 0] === 1;
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
}
