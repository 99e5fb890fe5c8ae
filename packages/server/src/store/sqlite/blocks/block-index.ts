import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { blobOf, numberOf } from '../connection.ts';
import { DamagedBlock } from './damaged.ts';
import { decodeKinds } from './kinds.ts';
import { unpack } from './part.ts';

/** What is known of a block without unpacking its parts. */
export interface BlockEntry {
  /** A number of its own that no other block ever had. */
  readonly change: number;
  readonly firstId: number;
  readonly lastId: number;
  readonly count: number;
  readonly lowestTime: number;
  readonly highestTime: number;
}

/** The levels and names of a block's records. */
export interface Tally {
  /** The block's kinds in the order in which its head counts them: places in the index's `kinds`. */
  readonly kinds: Uint32Array;
  /** In how many records each of them occurs. */
  readonly counts: Uint32Array;
}

/** A level with a name, once for all blocks. */
export interface LevelAndName {
  readonly level: number;
  readonly name: string;
}

/** Told of each damaged block whose records are left out, once. */
export type OnDamage = (firstId: number, lastId: number, why: string) => void;

/**
 * A reader's memory of all blocks, brought up to date at the beginning of each transaction. Blocks are never changed in
 * place: new ones are read by their change number, and only after some were removed it is looked which ones are left.
 * Their levels and names are read when they are asked for: unpacking those of thousands of blocks takes a second.
 */
export class BlockIndex {
  readonly #state: StatementSync;
  readonly #newer: StatementSync;
  readonly #left: StatementSync;
  readonly #packedKinds: StatementSync;
  readonly #onDamage: OnDamage;
  readonly #tallies = new WeakMap<BlockEntry, Tally>();
  readonly #places = new Map<string, Map<number, number>>();
  readonly #kinds: LevelAndName[] = [];
  #blocks: BlockEntry[] = [];
  #change = 0;
  #removed = 0;

  constructor(database: DatabaseSync, onDamage: OnDamage) {
    this.#onDamage = onDamage;
    this.#state = database.prepare(
      `SELECT (SELECT value FROM property WHERE name = 'block_change') AS change,
              (SELECT value FROM property WHERE name = 'blocks_removed') AS removed`,
    );
    this.#newer = database.prepare(
      `SELECT first_id, last_id, count, change, CAST(lowest_time AS REAL) AS lowest_time,
              CAST(highest_time AS REAL) AS highest_time
       FROM block WHERE change > ? ORDER BY first_id`,
    );
    // The index alone is read.
    this.#left = database.prepare('SELECT change FROM block INDEXED BY block_change');
    this.#packedKinds = database.prepare('SELECT kinds FROM block WHERE first_id = ?');
  }

  /** In the order of ids; no two overlap. */
  get blocks(): readonly BlockEntry[] {
    return this.#blocks;
  }

  /** Only ever added to. */
  get kinds(): readonly LevelAndName[] {
    return this.#kinds;
  }

  /** Reads what has changed; to be called inside the transaction that uses the index. */
  refresh(): void {
    const state = this.#state.get();
    const change = numberOf(state?.change);
    const removed = numberOf(state?.removed);
    const anew = removed !== this.#removed;
    if (!anew && change === this.#change) return;
    if (anew) {
      const left = new Set(this.#left.all().map((row) => numberOf(row.change)));
      this.#blocks = this.#blocks.filter((block) => left.has(block.change));
    }
    const newer = this.#newer.all(this.#change).map(entryOf);
    // Nearly always behind the last one; a block that was cut by retention goes between the others.
    const inOrder = (newer[0]?.firstId ?? Number.POSITIVE_INFINITY) > (this.#blocks.at(-1)?.lastId ?? 0);
    this.#blocks = this.#blocks.concat(newer);
    if (!inOrder) this.#blocks.sort((a, b) => a.firstId - b.firstId);
    this.#change = change;
    this.#removed = removed;
  }

  /** The block that would hold an id. */
  find(id: number): BlockEntry | undefined {
    let [low, high] = [0, this.#blocks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#blocks[middle]?.lastId ?? 0) < id) low = middle + 1;
      else high = middle;
    }
    const found = this.#blocks[low];
    return found !== undefined && found.firstId <= id ? found : undefined;
  }

  /** Undefined when it is damaged. To be used inside the transaction of the last `refresh`. */
  tally(block: BlockEntry): Tally | undefined {
    const known = this.#tallies.get(block);
    if (known !== undefined) return known;
    try {
      const read = decodeKinds(unpack(blobOf(this.#packedKinds.get(block.firstId)?.kinds)));
      const kinds = Uint32Array.from(read, ({ level, name }) => this.#place(level, name));
      const tally = { kinds, counts: Uint32Array.from(read, ({ count }) => count) };
      this.#tallies.set(block, tally);
      return tally;
    } catch (error) {
      if (!(error instanceof DamagedBlock)) throw error;
      this.#onDamage(block.firstId, block.lastId, error.message);
      return undefined;
    }
  }

  /** The level and name of a record by its kind, as its block's head counts them. */
  kind(block: BlockEntry, kind: number | undefined): LevelAndName | undefined {
    return this.#kinds[this.tally(block)?.kinds[kind ?? -1] ?? -1];
  }

  #place(level: number, name: string): number {
    let levels = this.#places.get(name);
    if (levels === undefined) {
      levels = new Map();
      this.#places.set(name, levels);
    }
    const known = levels.get(level);
    if (known !== undefined) return known;
    levels.set(level, this.#kinds.length);
    return this.#kinds.push({ level, name }) - 1;
  }
}

function entryOf(row: Record<string, unknown>): BlockEntry {
  return {
    firstId: numberOf(row.first_id),
    lastId: numberOf(row.last_id),
    count: numberOf(row.count),
    change: numberOf(row.change),
    lowestTime: numberOf(row.lowest_time),
    highestTime: numberOf(row.highest_time),
  };
}
