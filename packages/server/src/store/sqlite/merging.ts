import type { DatabaseSync } from 'node:sqlite';
import { blockOf, type PlacedRun } from './blocks/block.ts';
import { BlockParts } from './blocks/block-parts.ts';
import { DamagedBlock } from './blocks/damaged.ts';
import { type Frame, frameBytes, gatherFrames, unpackFrame } from './blocks/frames.ts';
import { MAX_BYTES } from './blocks/run.ts';
import type { BlockTables } from './blocks/tables.ts';
import { wholeBlock } from './blocks/whole-block.ts';
import { numberOf } from './connection.ts';

/**
 * Bytes of texts, as they are packed, from which on a block is large enough whatever its count: as a rule MAX_BYTES are
 * packed to about as much.
 */
const ENOUGH_PACKED = 524_288;

/** Blocks that a step looks at; so many tiny ones are merged without waiting for more. */
const LOOK = 256;

/** What merging works with: the writing connection and what writes through it. */
interface MergingTools {
  readonly database: DatabaseSync;
  readonly blocks: BlockTables;
}

/** What is to be merged, and what not any more. */
export interface MergingRange {
  /** Blocks that begin behind this id are looked at. */
  readonly after: number;
  /** The texts of blocks that begin before this id are unpacked, to see that they are whole before they are joined. */
  readonly unproved: number;
  /** Records of a block at most. */
  readonly most: number;
}

/** What a step comes to: where the next one goes on, and whether there is more for it. */
export interface MergingStep {
  readonly after: number;
  readonly more: boolean;
}

/** A row of `block`, with the bytes of its texts as they are packed. */
type Row = Record<string, unknown>;

const ROWS = `SELECT first_id, last_id, count, change, kinds,
    (SELECT length(part) FROM block_message AS part WHERE part.first_id = block.first_id) +
    (SELECT length(part) FROM block_logrec AS part WHERE part.first_id = block.first_id) AS packed
  FROM block WHERE first_id > ? ORDER BY first_id LIMIT ${LOOK}`;

/**
 * Makes one block of the next small neighbours; to be used inside a transaction. Neighbours are left alone until they are
 * enough for a whole block, so that a record is written anew only once, and only blocks of half a block or less
 * are touched. Blocks with damaged parts stay as they are.
 */
export function merge(tools: MergingTools, range: MergingRange): MergingStep {
  let { after } = range;
  let group: Row[] = [];
  let count = 0;
  let packed = 0;
  let looked = 0;
  for (const row of tools.database.prepare(ROWS).iterate(after)) {
    looked++;
    const own = { count: numberOf(row.count), packed: packedBytes(row) };
    const isSmall = 2 * own.count <= range.most && 2 * own.packed <= ENOUGH_PACKED;
    if (isSmall && count + own.count <= range.most && packed + own.packed <= ENOUGH_PACKED) {
      group.push(row);
      count += own.count;
      packed += own.packed;
      continue;
    }
    if (group.length > 1) return mergeGroup(tools, group, range);
    const last = isSmall ? group.at(-1) : row;
    if (last !== undefined) after = numberOf(last.last_id);
    group = isSmall ? [row] : [];
    count = isSmall ? own.count : 0;
    packed = isSmall ? own.packed : 0;
  }
  if (group.length === LOOK) return mergeGroup(tools, group, range);
  return { after, more: looked === LOOK };
}

/** Infinite where a part is missing: such a block is none to be merged. */
function packedBytes({ packed }: Row): number {
  return packed === null ? Number.POSITIVE_INFINITY : numberOf(packed);
}

/** Merges what of a group, from its first block on, is whole and makes no more than one block. */
function mergeGroup(
  { database, blocks }: MergingTools,
  group: readonly Row[],
  range: MergingRange,
): MergingStep {
  const parts = new BlockParts(database, () => undefined);
  const runs: PlacedRun[] = [];
  let bytes = 0;
  let after = numberOf(group[0]?.last_id);
  for (const row of group) {
    const placed = placedRun(row, parts, numberOf(row.first_id) < range.unproved);
    if (placed === undefined || (runs.length > 0 && bytes + placed.run.bytes > MAX_BYTES)) break;
    runs.push(placed);
    bytes += placed.run.bytes;
    after = numberOf(row.last_id);
  }
  if (runs.length < 2) return { after, more: true };
  const merged = joined(runs);
  if (merged === undefined) return { after, more: true };
  for (const row of group.slice(0, runs.length)) blocks.remove(numberOf(row.first_id));
  blocks.insert(merged);
  return { after, more: true };
}

/** A block as a run, its texts still packed; undefined when something is damaged. */
function placedRun(row: Row, parts: BlockParts, isUnproved: boolean): PlacedRun | undefined {
  const block = wholeBlock(row, parts);
  const messages = block && parts.frames(block, 'messages')?.all.map(kept);
  const logrecs = block && parts.frames(block, 'logrecs')?.all.map(kept);
  if (block === undefined || messages === undefined || logrecs === undefined) return undefined;
  const frames = [...messages, ...logrecs];
  if (isUnproved && !frames.every(isWhole)) return undefined;
  const { count, kinds, head } = block;
  const bytes = frames.reduce((sum, frame) => sum + frameBytes(frame), 0);
  return {
    run: { count, bytes, times: head.times, kinds, kindOf: head.kinds, messages, logrecs },
    ids: head.ids,
  };
}

/** In memory of its own: the next parts that are read may take the place of these. */
function kept({ count, packed }: Frame): Frame {
  return { count, packed: new Uint8Array(packed) };
}

function isWhole(frame: Frame): boolean {
  return undamaged(() => unpackFrame(frame)) !== undefined;
}

/** Undefined when a small frame, which is unpacked, is damaged. */
function joined(runs: readonly PlacedRun[]) {
  return undamaged(() => blockOf(runs, gatherFrames));
}

function undamaged<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof DamagedBlock)) throw error;
    return undefined;
  }
}
