import type { DatabaseSync } from 'node:sqlite';
import type { LogRecord } from '@chronologer/record';
import type { IdRange } from '../../store.ts';
import { blocksOf } from '../blocks/sealing.ts';
import { BlockTables } from '../blocks/tables.ts';
import { rows } from '../rows.ts';
import { rangesOf } from './id-ranges.ts';
import { type Inspection, idsOf, inspect } from './inspection.ts';
import type { Region } from './regions.ts';
import { type StoredBlock, StoredBlocks } from './stored-block.ts';

/** A region as it was read: what can be saved of it. */
export interface Merged {
  readonly blocks: readonly (readonly [StoredBlock, Inspection])[];
  /** Each id once. */
  readonly records: ReadonlyMap<number, () => LogRecord | undefined>;
  readonly lost: readonly IdRange[];
}

/**
 * Reads a region, to be used inside a transaction; undefined when it is no more what it was: a server has sealed, merged
 * or purged it meanwhile. Of two records with one id the one that was written first counts.
 */
export function mergedOf(database: DatabaseSync, stored: StoredBlocks, region: Region): Merged | undefined {
  const blocks: (readonly [StoredBlock, Inspection])[] = [];
  for (const { firstId, partsAt, change } of region.blocks) {
    const block = stored.one(firstId, partsAt);
    if (block === undefined || block.change !== change) return undefined;
    blocks.push([block, inspect(block, stored.parts(partsAt))]);
  }
  const isSound = blocks.length === 1 && region.rows.length === 0 && blocks[0]?.[1].faults.length === 0;
  return isSound ? { blocks, records: new Map(), lost: [] } : merge(database, blocks, region.rows);
}

function merge(database: DatabaseSync, blocks: Merged['blocks'], rowIds: readonly number[]): Merged {
  const records = new Map<number, () => LogRecord | undefined>();
  const missing = new Set<number>();
  const twice = new Set<number>();
  const unknown: IdRange[] = [];
  const add = (id: number, read: () => LogRecord | undefined) => {
    const record = read();
    const other = records.get(id);
    if (record === undefined) missing.add(id);
    else if (other === undefined) records.set(id, read);
    else if (!isSame(record, other())) twice.add(id);
  };
  for (const [block, inspection] of blocks.toSorted(([a], [b]) => a.change - b.change)) {
    if (inspection.head === undefined) unknown.push(rowRange(block));
    inspection.head?.ids.forEach((id, place) => {
      add(id, () => inspection.record(place));
    });
  }
  for (const id of rowIds) {
    for (const row of rows(database, 'WHERE record_id = ?', [id])) add(id, () => row);
  }
  const lost = [...[...missing].filter((id) => !records.has(id)), ...twice];
  return { blocks, records, lost: [...rangesOf(lost), ...unknown] };
}

function isSame(a: LogRecord, b: LogRecord | undefined): boolean {
  return (
    a.ts === b?.ts &&
    a.level === b.level &&
    a.name === b.name &&
    a.message === b.message &&
    a.logrec === b.logrec
  );
}

/** Which ids a block had, as far as its row tells, when nothing else does. */
function rowRange({ firstId, lastId, count }: StoredBlock): IdRange {
  if (lastId >= firstId) return { from: firstId, to: lastId };
  return count > 0 && count <= lastId
    ? { from: lastId - count + 1, to: lastId }
    : { from: firstId, to: firstId };
}

/**
 * Writes regions anew with what can be saved of them; to be used inside a transaction. All go before any comes: one that is
 * stored by a wrong id may be in the place of another. Returns how many records were saved.
 */
export function rewrite(database: DatabaseSync, regions: readonly Region[]): number {
  const stored = new StoredBlocks(database);
  const tables = new BlockTables(database);
  const removeRow = database.prepare('DELETE FROM recent WHERE record_id = ?');
  const saved = regions.flatMap((region) => {
    const merged = mergedOf(database, stored, region);
    if (merged === undefined) return [];
    const blocks = [...blocksOf(inOrder(merged.records))];
    for (const { firstId, partsAt } of region.blocks) {
      tables.remove(firstId);
      if (partsAt !== firstId) tables.remove(partsAt);
    }
    for (const id of region.rows) removeRow.run(id);
    return blocks;
  });
  for (const block of saved) tables.insert(block);
  return saved.reduce((sum, { count }) => sum + count, 0);
}

function* inOrder(records: Merged['records']): Generator<readonly [number, LogRecord]> {
  for (const [id, read] of [...records].sort(([a], [b]) => a - b)) {
    const record = read();
    if (record !== undefined) yield [id, record];
  }
}

/** The ids in a head that no block has, as far as it can be read, without those that are `known` elsewhere. */
export function blockIds(stored: StoredBlocks, firstId: number, known: (id: number) => boolean): IdRange[] {
  return rangesOf([...idsOf(stored.head(firstId))].filter((id) => !known(id)));
}
