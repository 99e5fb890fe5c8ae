import type { DatabaseSync } from 'node:sqlite';
import type { LogRecord } from '@chronologer/record';
import { BlockParts } from './blocks/block-parts.ts';
import { blocksOf } from './blocks/sealing.ts';
import type { BlockTables } from './blocks/tables.ts';
import { type WholeBlock, wholeBlock } from './blocks/whole-block.ts';
import { numberOf } from './connection.ts';
import type { RollupWriter } from './rollup-writer.ts';
import { rows } from './rows.ts';

/** A record that is to go: `place` in its block, if it is in one. */
interface Victim {
  readonly ts: number;
  readonly id: number;
  readonly block?: WholeBlock;
  readonly place?: number;
}

/** What a purge works with: the writing connection and what writes through it. */
export interface PurgeTools {
  readonly database: DatabaseSync;
  readonly rollup: RollupWriter;
  readonly blocks: BlockTables;
}

/**
 * Removes the `limit` oldest records, or those of them before `before`; returns how many. To be used inside a
 * transaction. A block all of whose records go is dropped; one that the limit cuts is written anew with the rest. A
 * damaged block stays: what is left of it is for `chronologer check` to save.
 */
export function purge({ database, rollup, blocks }: PurgeTools, limit: number, before?: number): number {
  const parts = new BlockParts(database, () => undefined);
  const victims = oldest(database, parts, limit, before ?? Number.POSITIVE_INFINITY);
  const remove = database.prepare('DELETE FROM recent WHERE record_id = ?');
  let removed = 0;
  for (const [block, gone] of Map.groupBy(victims, (victim) => victim.block)) {
    if (block === undefined) {
      for (const { id } of gone) {
        for (const { ts, level, name } of rows(database, 'WHERE record_id = ?', [id])) {
          rollup.add(ts, level, name, -1);
        }
        remove.run(id);
      }
      removed += gone.length;
      continue;
    }
    const places = new Set(gone.map(({ place }) => place));
    const rest = places.size < block.count ? [...remaining(block, places, parts)] : [];
    if (places.size + rest.length < block.count) continue;
    for (const { ts, place = 0 } of gone) {
      const kind = block.kinds[block.head.kinds[place] ?? 0];
      rollup.add(ts, kind?.level ?? 0, kind?.name ?? '', -1);
    }
    blocks.remove(block.firstId);
    for (const left of blocksOf(rest)) blocks.insert(left);
    removed += gone.length;
  }
  rollup.flush();
  return removed;
}

/** The oldest records, of equal times those of the lower ids. Blocks are looked into only while they may hold some. */
function oldest(database: DatabaseSync, parts: BlockParts, limit: number, before: number): Victim[] {
  let found = oldestRecent(database, limit, before);
  const byAge = database.prepare(
    `SELECT first_id, last_id, count, change, CAST(lowest_time AS REAL) AS lowest_time, kinds
     FROM block ORDER BY lowest_time`,
  );
  for (const row of byAge.iterate()) {
    const youngest = found[limit - 1]?.ts ?? Number.POSITIVE_INFINITY;
    const lowest = numberOf(row.lowest_time);
    if (lowest >= before || lowest > youngest) break;
    const block = wholeBlock(row, parts);
    if (block === undefined) continue;
    block.head.times.forEach((ts, place) => {
      if (ts < before) found.push({ ts, id: block.head.ids[place] ?? 0, block, place });
    });
    found = found.sort((a, b) => a.ts - b.ts || a.id - b.id).slice(0, limit);
  }
  return found;
}

function oldestRecent(database: DatabaseSync, limit: number, before: number): Victim[] {
  const [clause, values] = Number.isFinite(before) ? ['WHERE ts < ?', [before]] : ['', []];
  const statement = `SELECT record_id, CAST(ts AS REAL) AS ts FROM recent ${clause} ORDER BY recent.ts, record_id LIMIT ?`;
  const found = database.prepare(statement).all(...values, limit);
  return found.map(({ ts, record_id }) => ({ ts: numberOf(ts), id: numberOf(record_id) }));
}

/** The records of a block but those at some places; fewer when they cannot be read. */
function* remaining(
  block: WholeBlock,
  without: ReadonlySet<number | undefined>,
  parts: BlockParts,
): Generator<readonly [number, LogRecord]> {
  for (let place = 0; place < block.count; place++) {
    if (without.has(place)) continue;
    const { level = 0, name = '' } = block.kinds[block.head.kinds[place] ?? 0] ?? {};
    const ts = block.head.times[place] ?? 0;
    const message = parts.text(block, 'messages', place);
    const logrec = parts.text(block, 'logrecs', place);
    if (message === undefined || logrec === undefined) return;
    const texts = { message: message.toString('utf8'), logrec: logrec.toString('utf8') };
    yield [block.head.ids[place] ?? 0, { name, ts, level, ...texts }];
  }
}
