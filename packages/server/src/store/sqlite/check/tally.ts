import type { DatabaseSync } from 'node:sqlite';
import { BUCKET } from '../../buckets.ts';
import type { Head } from '../blocks/head.ts';
import type { Kind } from '../blocks/kinds.ts';
import { numberOf, textOf } from '../connection.ts';

/** By bucket, or for the totals by 0: how many records. */
type Counts = Map<number, number>;

/** How rows of counts differ from what they ought to be. */
export interface Difference {
  /** Rows that are wrong, missing or left over. */
  readonly rows: number;
  /** Records that the rows count, all together. */
  readonly said: number;
}

/** Of `total`, all quarters are one. */
const BUCKETS = { rollup: 'CAST(bucket AS REAL)', total: '0.0' } as const;

/** Counts records anew, by quarter of an hour, level and name, as `rollup` and `total` ought to have them. */
export class Tally {
  /** By name, then by level. */
  readonly #names = new Map<string, Map<number, Counts>>();
  #records = 0;

  get records(): number {
    return this.#records;
  }

  addBlock({ times, kinds: places }: Head, kinds: readonly Kind[]): void {
    const buckets = new Map<number, Uint32Array>();
    times.forEach((time, index) => {
      const bucket = Math.floor(time / BUCKET);
      let counts = buckets.get(bucket);
      if (counts === undefined) {
        counts = new Uint32Array(kinds.length);
        buckets.set(bucket, counts);
      }
      const place = places[index] ?? 0;
      counts[place] = (counts[place] ?? 0) + 1;
    });
    for (const [bucket, counts] of buckets) {
      kinds.forEach(({ level, name }, place) => {
        this.#add(bucket, level, name, counts[place] ?? 0);
      });
    }
  }

  add(ts: number, level: number, name: string): void {
    this.#add(Math.floor(ts / BUCKET), level, name, 1);
  }

  #add(bucket: number, level: number, name: string, count: number): void {
    if (count === 0) return;
    let levels = this.#names.get(name);
    if (levels === undefined) {
      levels = new Map();
      this.#names.set(name, levels);
    }
    let counts = levels.get(level);
    if (counts === undefined) {
      counts = new Map();
      levels.set(level, counts);
    }
    counts.set(bucket, (counts.get(bucket) ?? 0) + count);
    this.#records += count;
  }

  /** Holds a table against this; undefined when it is as it ought to be. */
  compare(database: DatabaseSync, table: keyof typeof BUCKETS): Difference | undefined {
    let [right, wrong, said] = [0, 0, 0];
    const rows = database.prepare(
      `SELECT ${BUCKETS[table]} AS bucket, CAST(level AS REAL) AS level, CAST(name AS TEXT) AS name,
              CAST(count AS REAL) AS count FROM ${table}`,
    );
    for (const row of rows.iterate()) {
      const count = numberOf(row.count);
      said += count;
      const counts = this.#names.get(textOf(row.name))?.get(numberOf(row.level));
      const due = table === 'total' ? sum(counts) : counts?.get(numberOf(row.bucket));
      if (due === count) right++;
      else wrong++;
    }
    const rowsDue = [...this.#rows(table)].length;
    if (wrong === 0 && right === rowsDue) return undefined;
    return { rows: Math.max(wrong, rowsDue - right), said };
  }

  /** Writes both tables anew; to be used inside a transaction. */
  write(database: DatabaseSync): void {
    database.exec('DELETE FROM rollup; DELETE FROM total');
    const rollup = database.prepare('INSERT INTO rollup VALUES (?, ?, ?, ?)');
    for (const [bucket, level, name, count] of this.#rows('rollup')) rollup.run(bucket, level, name, count);
    const total = database.prepare('INSERT INTO total VALUES (?, ?, ?)');
    for (const [, level, name, count] of this.#rows('total')) total.run(level, name, count);
  }

  *#rows(
    table: keyof typeof BUCKETS,
  ): Generator<[bucket: number, level: number, name: string, count: number]> {
    for (const [name, levels] of this.#names) {
      for (const [level, counts] of levels) {
        if (table === 'total') yield [0, level, name, sum(counts)];
        else for (const [bucket, count] of counts) yield [bucket, level, name, count];
      }
    }
  }
}

function sum(counts: Counts | undefined): number {
  let all = 0;
  for (const count of counts?.values() ?? []) all += count;
  return all;
}
