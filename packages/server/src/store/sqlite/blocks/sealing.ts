import type { LogRecord } from '@chronologer/record';
import { type Block, BlockBuilder, MAX_RECORDS } from './builder.ts';

/** When records become a block; passed in so that tests come to it with few records. */
export interface SealingSizes {
  /** Records of one transaction from which on they become blocks at once. */
  readonly large: number;
  /** So many recent rows are sealed. */
  readonly enough: number;
  /** Records of a block at most; up to MAX_RECORDS. */
  readonly block: number;
}

export const USUAL_SIZES: SealingSizes = { large: 256, enough: 4096, block: MAX_RECORDS };

/** The blocks of records with ascending ids, made one after the other as they are asked for. */
export function* blocksOf(
  records: Iterable<readonly [id: number, record: LogRecord]>,
  most = MAX_RECORDS,
  builder = new BlockBuilder(),
): Generator<Block> {
  try {
    for (const [id, record] of records) {
      builder.add(id, record);
      if (builder.isFull(most)) yield builder.build();
    }
    if (builder.count > 0) yield builder.build();
  } finally {
    // When writing a block fails, the next ones know nothing of these records.
    builder.clear();
  }
}
