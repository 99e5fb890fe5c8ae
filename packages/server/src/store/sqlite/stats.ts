import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { BUCKET } from '../buckets.ts';
import type { StoreStats } from '../store.ts';
import { DamagedBlock } from './blocks/damaged.ts';
import { Frames } from './blocks/frames.ts';
import { PART_TABLES } from './blocks/tables.ts';
import { blobOf, numberOf, openForReading } from './connection.ts';
import { withFaults } from './fault.ts';
import { refuseMissing, refuseOtherSchema } from './migrate.ts';

const DAY = 86_400_000_000;

/** Blocks that are unpacked to estimate what all would take. */
const SAMPLE = 16;

/**
 * Figures of a database, seen at one moment, from the counts and the rows of blocks: no record is read but for the few
 * blocks of an estimate. Of a part only its length is asked for, which SQLite knows without reading it. Works beside a
 * server. Throws a StoreError or a SchemaError.
 */
export function stats(path: string): StoreStats {
  refuseMissing(path);
  return withFaults(() => {
    const { database } = openForReading(path);
    try {
      refuseOtherSchema(database);
      database.exec('BEGIN');
      return statsOf(database, path);
    } finally {
      database.close();
    }
  });
}

function statsOf(database: DatabaseSync, path: string): StoreStats {
  const { blocks, bounds, parts, byDay, severalDays } = blockFigures(database);
  const recent = recentFigures(database);
  const times = [...bounds, ...recent.bounds].sort((a, b) => a - b);
  const [oldest, newest] = [times[0], times.at(-1)];
  const levels = database
    .prepare('SELECT level, sum(count) AS count FROM total GROUP BY level ORDER BY level')
    .all();
  const unpacked = unpackedBytes(database, parts.messages + parts.logrecs);
  const pragma = (name: string) => numberOf(database.prepare(`PRAGMA ${name}`).get()?.[name]);
  return {
    records: numberOf(database.prepare('SELECT total(count) AS count FROM total').get()?.count),
    recent: recent.count,
    blocks,
    ...(oldest !== undefined && newest !== undefined && { oldest, newest }),
    bytes: {
      file: pragma('page_count') * pragma('page_size'),
      log: statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0,
      free: pragma('freelist_count') * pragma('page_size'),
    },
    parts,
    ...(unpacked !== undefined && { unpacked }),
    days: days(database, byDay),
    bytesOfSeveralDays: severalDays,
    levels: levels.map((row) => ({ level: numberOf(row.level), records: numberOf(row.count) })),
  };
}

/** What the rows of blocks and the lengths of their parts tell. */
function blockFigures(database: DatabaseSync) {
  const parts = { kinds: 0, heads: 0, messages: 0, logrecs: 0 };
  const byDay = new Map<string, number>();
  let [blocks, severalDays, oldest, newest] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const rows = database.prepare(
    `SELECT CAST(lowest_time AS REAL) AS lowest, CAST(highest_time AS REAL) AS highest, length(kinds) AS kinds,
            coalesce(length(h.part), 0) AS heads, coalesce(length(m.part), 0) AS messages,
            coalesce(length(l.part), 0) AS logrecs
     FROM block LEFT JOIN ${PART_TABLES.head} AS h USING (first_id)
       LEFT JOIN ${PART_TABLES.messages} AS m USING (first_id) LEFT JOIN ${PART_TABLES.logrecs} AS l USING (first_id)`,
  );
  for (const row of rows.iterate()) {
    const [lowest, highest] = [numberOf(row.lowest), numberOf(row.highest)];
    let bytes = 0;
    for (const part of ['kinds', 'heads', 'messages', 'logrecs'] as const) {
      parts[part] += numberOf(row[part]);
      bytes += numberOf(row[part]);
    }
    const day = dayOf(lowest);
    if (day === dayOf(highest)) byDay.set(day, (byDay.get(day) ?? 0) + bytes);
    else severalDays += bytes;
    oldest = Math.min(oldest, lowest);
    newest = Math.max(newest, highest);
    blocks++;
  }
  return { blocks, parts, byDay, severalDays, bounds: blocks === 0 ? [] : [oldest, newest] };
}

function recentFigures(database: DatabaseSync) {
  const row = database
    .prepare(
      'SELECT count(*) AS count, CAST(min(ts) AS REAL) AS oldest, CAST(max(ts) AS REAL) AS newest FROM recent',
    )
    .get();
  const count = numberOf(row?.count);
  return { count, bounds: count === 0 ? [] : [numberOf(row?.oldest), numberOf(row?.newest)] };
}

function days(database: DatabaseSync, bytes: ReadonlyMap<string, number>) {
  const counts = new Map<string, number>();
  const rows = database.prepare(
    'SELECT bucket, sum(count) AS count FROM rollup GROUP BY bucket ORDER BY bucket',
  );
  for (const row of rows.iterate()) {
    const day = dayOf(numberOf(row.bucket) * BUCKET);
    counts.set(day, (counts.get(day) ?? 0) + numberOf(row.count));
  }
  return [...counts].map(([day, records]) => ({ day, records, bytes: bytes.get(day) ?? 0 }));
}

/** Such as 2026-11-21, in UTC; days before year 1 or after 9999 occur in damaged databases alone. */
function dayOf(time: number): string {
  const date = new Date(Math.floor(time / DAY) * (DAY / 1000));
  return Number.isNaN(date.getTime()) ? 'no date' : date.toISOString().replace(/T.*$/, '');
}

/** All texts of blocks unpacked, by the ratio of some that lie evenly among them; undefined without any. */
function unpackedBytes(database: DatabaseSync, packed: number): number | undefined {
  const ids = database.prepare('SELECT first_id FROM block ORDER BY first_id').all();
  const part = (table: string) => database.prepare(`SELECT part FROM ${table} WHERE first_id = ?`);
  const statements = [part(PART_TABLES.messages), part(PART_TABLES.logrecs)];
  let [before, after] = [0, 0];
  const step = Math.max(1, ids.length / SAMPLE);
  for (let at = 0; at < ids.length; at += step) {
    const firstId = numberOf(ids[Math.floor(at)]?.first_id);
    for (const statement of statements) {
      const bytes = statement.get(firstId)?.part;
      if (!(bytes instanceof Uint8Array)) continue;
      before += bytes.length;
      after += textBytes(blobOf(bytes));
    }
  }
  return before === 0 ? undefined : Math.round((packed * after) / before);
}

/** A damaged part counts as nothing: this is an estimate, and the check tells of damage. */
function textBytes(part: Buffer): number {
  try {
    const frames = new Frames(part);
    let bytes = 0;
    for (let place = 0; place < frames.count; ) {
      const { texts, end } = {
        texts: frames.unpack(frames.find(place)),
        end: frames.start(frames.find(place) + 1),
      };
      bytes += texts.bytes.length;
      place = end;
    }
    return bytes;
  } catch (error) {
    if (error instanceof DamagedBlock) return 0;
    throw error;
  }
}
