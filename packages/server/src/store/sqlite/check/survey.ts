import type { DatabaseSync } from 'node:sqlite';
import type { CheckListener } from '../../store.ts';
import { PART_TABLES } from '../blocks/tables.ts';
import { numberOf } from '../connection.ts';
import { inspectHead } from './inspection.ts';
import { propertyFaults } from './properties.ts';
import { type BadRow, recentRows } from './recent-rows.ts';
import { type Member, type Region, regionsOf } from './regions.ts';
import { type StoredBlock, StoredBlocks } from './stored-block.ts';
import { Tally } from './tally.ts';

/** What is in a store, seen at one moment, but for the texts of blocks. */
export interface Survey {
  readonly regions: readonly Region[];
  readonly blocks: number;
  /** Records of which it is known when, of which level and name they are. */
  readonly tally: Tally;
  /** All of them are. */
  readonly isCounted: boolean;
  readonly badRows: readonly BadRow[];
  /** First ids of parts that no block has. */
  readonly orphans: readonly number[];
  /** Sentences. */
  readonly propertyFaults: readonly string[];
}

/** To be used inside a transaction. */
export function surveyOf(database: DatabaseSync, progress: CheckListener['progress']): Survey {
  const stored = new StoredBlocks(database);
  const { orphans, adopted } = partsWithoutBlock(database, stored);
  const of = countOf(database);
  const tally = new Tally();
  const members: Member[] = [];
  const headless: Region[] = [];
  let [isCounted, end, blocks] = [true, 0, 0];
  for (const row of stored.all()) {
    const block = { ...row, partsAt: adopted.get(row.firstId) ?? row.firstId };
    const { kinds, head, isForeign } = inspectHead(block, { head: stored.head(block.partsAt) });
    const { firstId, partsAt, change } = block;
    if (kinds !== undefined && head !== undefined) tally.addBlock(head, kinds);
    else isCounted = false;
    if (head !== undefined || isForeign) {
      const [from, to] = [head?.ids[0] ?? firstId, head?.ids.at(-1) ?? Math.max(firstId, block.lastId)];
      members.push({ firstId, partsAt, change, from, to });
      end = Math.max(end, to);
    } else
      headless.push({ blocks: [{ firstId, partsAt, change, from: Number.NaN, to: Number.NaN }], rows: [] });
    progress('ids and times', ++blocks, of);
  }
  const badRows: BadRow[] = [];
  const misplaced: number[] = [];
  for (const { id, ts, level, name, bad } of recentRows(database)) {
    if (bad !== undefined) badRows.push(bad);
    if (id <= end) misplaced.push(id);
    else if (bad === undefined || bad.isKept) tally.add(ts, level, name);
  }
  // A row with the id of a record in a block may be the same record: then it is counted once.
  const regions = [...headless, ...regionsOf(members, misplaced)];
  isCounted &&= regions.every(({ blocks, rows }) => blocks.length <= 1 && rows.length === 0);
  return {
    regions,
    blocks,
    tally,
    isCounted,
    badRows,
    orphans,
    propertyFaults: propertyFaults(database),
  };
}

function countOf(database: DatabaseSync): number {
  return numberOf(database.prepare('SELECT count(*) AS count FROM block').get()?.count);
}

/**
 * The first ids of parts without a block, and by its first id each block without parts whose parts those are: where its
 * first id was damaged, all that its row tells of a head is true of one of them.
 */
function partsWithoutBlock(database: DatabaseSync, stored: StoredBlocks) {
  const parts = Object.values(PART_TABLES)
    .map((table) => `SELECT first_id FROM ${table}`)
    .join(' UNION ');
  const ids = (sql: string) =>
    database
      .prepare(sql)
      .all()
      .map((row) => numberOf(row.first_id));
  const orphans = new Set(ids(`SELECT * FROM (${parts}) EXCEPT SELECT first_id FROM block`));
  const adopted = new Map<number, number>();
  if (orphans.size === 0) return { orphans: [], adopted };
  for (const firstId of ids(`SELECT first_id FROM block EXCEPT SELECT * FROM (${parts})`)) {
    const block = stored.one(firstId, firstId);
    const found = [...orphans].find((orphan) => block !== undefined && isHeadOf(stored, block, orphan));
    if (found === undefined) continue;
    adopted.set(firstId, found);
    orphans.delete(found);
  }
  return { orphans: [...orphans].sort((a, b) => a - b), adopted };
}

function isHeadOf(stored: StoredBlocks, block: StoredBlock, orphan: number): boolean {
  const asIf = { ...block, firstId: orphan };
  const { faults, kinds } = inspectHead(asIf, { head: stored.head(orphan) });
  return faults.length === 0 && kinds !== undefined;
}
