import { blobOf, numberOf } from '../connection.ts';
import type { BlockParts } from './block-parts.ts';
import { DamagedBlock } from './damaged.ts';
import type { Head } from './head.ts';
import { decodeKinds, type Kind } from './kinds.ts';
import { unpack } from './part.ts';

/** A block with what is known of each of its records but their texts, by itself and not as part of an index. */
export interface WholeBlock {
  readonly change: number;
  readonly firstId: number;
  readonly lastId: number;
  readonly count: number;
  readonly kinds: readonly Kind[];
  readonly head: Head;
}

/** The block of a row with first_id, last_id, count, change and kinds; undefined when kinds or head are damaged. */
export function wholeBlock(row: Record<string, unknown>, parts: BlockParts): WholeBlock | undefined {
  try {
    const block = {
      change: numberOf(row.change),
      firstId: numberOf(row.first_id),
      lastId: numberOf(row.last_id),
      count: numberOf(row.count),
      kinds: decodeKinds(unpack(blobOf(row.kinds))),
    };
    const head = parts.head(block);
    return head && { ...block, head };
  } catch (error) {
    if (error instanceof DamagedBlock) return undefined;
    throw error;
  }
}
