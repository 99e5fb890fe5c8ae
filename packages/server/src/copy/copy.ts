import type { Engine, Filter, IdRange, StoredRecord, StoreWriter, Stretch } from '../store/store.ts';
import { Comparison } from './comparison.ts';
import { CopyError, guarded } from './copy-error.ts';
import { GuardedReader } from './guarded-reader.ts';
import { Upwards } from './upwards.ts';

/** Two stores, started, the target with a schema. */
export interface Ends {
  readonly source: Engine;
  readonly target: Engine;
}

/** Which records are copied. */
export type Times = Pick<Filter, 'after' | 'before'>;

/** Who is told of a copy while it goes on. */
export interface CopyListener {
  /** So many records of about so many are done; comes with each portion. False ends the copy. */
  progress(what: string, done: number, of: number): boolean;
  /** Something of a store that cannot be read and is left out; a sentence. */
  damage(what: string): void;
}

/** What became of a copy. */
export interface CopyResult {
  /** Records that were written now. */
  readonly copied: number;
  /** What writing them took. */
  readonly seconds: number;
  /** Between which ids records were copied and compared; undefined when the source has none. */
  readonly ids: IdRange | undefined;
  /** Both sides, as they were read when all was written. */
  readonly comparison: Comparison;
  /** It was ended before its end; what is there stays. */
  readonly isStopped: boolean;
  /** There are records in the source that came meanwhile, and are not copied. */
  readonly hasMore: boolean;
}

/**
 * Copies records from one store to another under the ids that they have, lowest id first. What is in the target tells how
 * far an earlier run came: it is compared first, then what is missing behind it is written, then that is compared too.
 */
export class Copy {
  readonly #ends: Ends;
  readonly #times: Times;
  readonly #listener: CopyListener;
  readonly #source: GuardedReader;
  readonly #target: GuardedReader;
  readonly #comparison = new Comparison();
  readonly #told = new Set<string>();
  #expected = 0;
  #copied = 0;
  #seconds = 0;

  constructor(ends: Ends, times: Times, listener: CopyListener) {
    this.#ends = ends;
    this.#times = times;
    this.#listener = listener;
    this.#source = new GuardedReader('source', ends.source);
    this.#target = new GuardedReader('target', ends.target);
  }

  /** Rejects with a CopyError, which says how to go on where something was copied. */
  async run(): Promise<CopyResult> {
    try {
      return await this.#run();
    } catch (error) {
      if (!(error instanceof CopyError) || this.#copied === 0) throw error;
      const message = `${error.message}. Copied until then: ${this.#copied} records; the same command goes on behind them`;
      throw new CopyError(message, { cause: error });
    } finally {
      await this.#source.close();
      await this.#target.close();
    }
  }

  async #run(): Promise<CopyResult> {
    const ids = await this.#source.ids();
    if (ids === undefined) return this.#result(ids, false);
    const all = { ...this.#times, ...ids };
    this.#expected = await this.#source.count({ names: [], ...this.#times });
    const highest = await this.#highestThatIsThere(all);
    if (highest === undefined) return this.#result(ids, true);
    const rest = { ...all, from: Math.max(ids.from, highest + 1) };
    const isDone = (await this.#write(rest)) && (await this.#compare('Comparing', rest));
    return this.#result(ids, !isDone);
  }

  async #result(ids: IdRange | undefined, isStopped: boolean): Promise<CopyResult> {
    const now = await this.#source.ids();
    this.#takeDamage();
    return {
      copied: this.#copied,
      seconds: this.#seconds,
      ids,
      comparison: this.#comparison,
      isStopped,
      hasMore: !isStopped && (now?.to ?? 0) > (ids?.to ?? 0),
    };
  }

  /** The highest id of the target, whose records are the source's own; -1 without one, undefined when it was stopped. */
  async #highestThatIsThere(all: Stretch): Promise<number | undefined> {
    const there = await this.#target.ids();
    if (there === undefined) return -1;
    const isOver = await this.#compare('Comparing what is there', { ...all, to: Math.min(all.to, there.to) });
    if (!isOver) return undefined;
    if (this.#comparison.differing > 0) throw this.#refusal(there, this.#comparison.told(5));
    if (there.to > all.to) throw this.#refusal(there, `the source has none above ${all.to}`);
    // Such as an insert of a run that was killed, which the server finishes.
    const now = await this.#target.ids();
    if (now?.to === there.to) return there.to;
    const { description } = this.#ends.target;
    throw new CopyError(`The target, ${description}, is written to by somebody else: end that and try again`);
  }

  #refusal({ to }: IdRange, why: string): CopyError {
    const { description } = this.#ends.target;
    return new CopyError(
      `The target, ${description}, has records up to the id ${to}, and they are not those of the source up to there: ` +
        `${why}. Nothing was written. Copy into a new store`,
    );
  }

  /** False when it was stopped. */
  async #write(stretch: Stretch): Promise<boolean> {
    const upwards = new Upwards(this.#source, stretch);
    const first = await upwards.read();
    if (first.length === 0) return true;
    // Nobody else, this process neither, has it open while it is written.
    await this.#target.close();
    const writer = await this.#writing(() => this.#ends.target.openWriter({ alone: true }));
    try {
      return await this.#writeAll(writer, first, upwards);
    } finally {
      await this.#writing(() => writer.close());
    }
  }

  async #writeAll(writer: StoreWriter, first: readonly StoredRecord[], upwards: Upwards): Promise<boolean> {
    const before = this.#comparison.source.count;
    const begun = performance.now();
    for (let records = first; records.length > 0; ) {
      if (!this.#progress('Copying', before + this.#copied)) return false;
      const portion = records;
      // A store that is elsewhere works while the next records are read.
      const writing = this.#writing(() => writer.insertWithIds(portion));
      const reading = upwards.read();
      await Promise.allSettled([writing, reading]);
      await writing;
      this.#copied += portion.length;
      this.#seconds = (performance.now() - begun) / 1000;
      records = await reading;
    }
    return true;
  }

  #writing<T>(work: () => T | Promise<T>): Promise<T> {
    return guarded('target', this.#ends.target, work);
  }

  /** False when it was stopped. */
  async #compare(what: string, stretch: Stretch): Promise<boolean> {
    const ends = { source: this.#source, target: this.#target };
    return await this.#comparison.compare(ends, stretch, () =>
      this.#progress(what, this.#comparison.source.count),
    );
  }

  #progress(what: string, done: number): boolean {
    this.#takeDamage();
    return this.#listener.progress(what, done, Math.max(done, this.#expected));
  }

  #takeDamage(): void {
    for (const [end, { description }] of [
      [this.#source, this.#ends.source],
      [this.#target, this.#ends.target],
    ] as const) {
      for (const warning of end.takeWarnings()) this.#damage(`${description}: ${warning}`);
    }
  }

  /** A damaged part is met twice, to be copied and to be compared. */
  #damage(warning: string): void {
    if (this.#told.has(warning)) return;
    this.#told.add(warning);
    this.#listener.damage(warning);
  }
}
