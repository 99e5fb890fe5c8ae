import { chmodSync, chownSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { CheckListener } from '../../store.ts';
import { StoreError } from '../../store-error.ts';
import { PART_TABLES } from '../blocks/tables.ts';
import { numberOf, openForWriting } from '../connection.ts';
import { resultCode, SQLITE_CORRUPT } from '../fault.ts';
import { migrate } from '../migrate.ts';

/** Rows of a transaction. */
const STEP = 64;

/** Between two ids of a table that is damaged between them, so many are tried one by one at most. */
const MOST_TRIED = 100_000;

/**
 * Copies every row that can be read of a damaged file into a new one beside it, and returns its path. The counts are left
 * out: they are made anew from the records. Throws a StoreError when there is such a file already.
 */
export function rescue(database: DatabaseSync, path: string, listener: CheckListener): string {
  const rescued = `${path}.rescued`;
  if (existsSync(rescued))
    throw new StoreError('unavailable', `${rescued} is there already: move it away first`);
  // Left by one that was killed.
  const unfinished = `${path}.rescuing`;
  for (const end of ['', '-wal', '-shm']) rmSync(`${unfinished}${end}`, { force: true });
  migrate(unfinished, () => undefined);
  const target = openForWriting(unfinished);
  try {
    const blocks = ['block', ...Object.values(PART_TABLES)];
    const firstIds = new Set(blocks.flatMap((table) => idsOf(database, table, 'first_id')));
    for (const table of blocks) copy(database, target, table, 'first_id', firstIds, listener);
    const recent = new Set(idsOf(database, 'recent', 'record_id'));
    copy(database, target, 'recent', 'record_id', recent, listener);
    copy(
      database,
      target,
      'property',
      'name',
      ['last_id', 'purged_at', 'block_change', 'blocks_removed'],
      listener,
    );
  } finally {
    target.close();
  }
  const { mode, uid, gid } = statSync(path);
  chmodSync(unfinished, mode);
  if (process.getuid?.() === 0) chownSync(unfinished, uid, gid);
  renameSync(unfinished, rescued);
  return rescued;
}

/** The keys of a table: from both ends up to a page that is damaged, and all that may lie between. */
function idsOf(database: DatabaseSync, table: string, key: string): number[] {
  const [up, isWhole] = idsInOrder(database, table, key, 'ASC');
  if (isWhole) return up;
  const [down] = idsInOrder(database, table, key, 'DESC');
  const between: number[] = [];
  const end = Math.min(down.at(-1) ?? 0, (up.at(-1) ?? 0) + MOST_TRIED);
  for (let id = (up.at(-1) ?? 0) + 1; id < end; id++) between.push(id);
  return [...up, ...between, ...down];
}

function idsInOrder(
  database: DatabaseSync,
  table: string,
  key: string,
  order: 'ASC' | 'DESC',
): [ids: number[], isWhole: boolean] {
  const ids: number[] = [];
  const isWhole = reading(() => {
    for (const row of database
      .prepare(`SELECT ${key} AS id FROM ${table} ORDER BY ${key} ${order}`)
      .iterate()) {
      ids.push(numberOf(row.id));
    }
    return true;
  });
  return [ids, isWhole ?? false];
}

function copy(
  database: DatabaseSync,
  target: DatabaseSync,
  table: string,
  key: string,
  keys: Iterable<number | string>,
  listener: CheckListener,
): void {
  const read = database.prepare(`SELECT * FROM ${table} WHERE ${key} = ?`);
  // Times beyond 2^53 occur.
  read.setReadBigInts(true);
  const all = [...keys];
  for (let at = 0; at < all.length; at += STEP) {
    target.exec('BEGIN');
    for (const value of all.slice(at, at + STEP)) {
      const row = reading(() => read.get(value));
      if (row === undefined) continue;
      const values = Object.values(row);
      target
        .prepare(`INSERT OR REPLACE INTO ${table} VALUES (${values.map(() => '?').join(', ')})`)
        .run(...values);
    }
    target.exec('COMMIT');
    listener.progress(`saving ${table}`, Math.min(at + STEP, all.length), all.length);
  }
}

/** Undefined when a damaged page is in the way. */
function reading<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (resultCode(error) !== SQLITE_CORRUPT) throw error;
    return undefined;
  }
}
