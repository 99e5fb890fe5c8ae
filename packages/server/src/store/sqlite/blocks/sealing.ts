import type { LogRecord } from '@chronologer/record';
import { type Block, blocksOfRuns, type PlacedRun } from './block.ts';
import { MAX_RECORDS, RunBuilder } from './run.ts';

/** When records become a block; passed in so that tests come to it with few records. */
export interface SealingSizes {
  /** Records of one transaction from which on they become blocks at once. */
  readonly large: number;
  /** So many recent rows are sealed. */
  readonly enough: number;
  /** Records of a block at most; up to MAX_RECORDS. */
  readonly block: number;
}

/** Enough rows with the last portion, of less than `large`, are still one block: a second one of a few would stay. */
export const USUAL_SIZES: SealingSizes = { large: 256, enough: MAX_RECORDS - 256, block: MAX_RECORDS };

/** The blocks of records with ascending ids, made one after the other as they are asked for. */
export function blocksOf(records: Iterable<readonly [id: number, record: LogRecord]>): Generator<Block> {
  return blocksOfRuns(runsOf(records, MAX_RECORDS, new RunBuilder()));
}

/** The runs of records with ascending ids, of up to `most` records each. */
export function* runsOf(
  records: Iterable<readonly [id: number, record: LogRecord]>,
  most: number,
  builder: RunBuilder,
): Generator<PlacedRun> {
  let ids: number[] = [];
  const take = () => {
    const placed = { run: builder.take(), ids: Float64Array.from(ids) };
    ids = [];
    return placed;
  };
  try {
    for (const [id, record] of records) {
      ids.push(id);
      builder.add(record);
      if (builder.full || ids.length >= most) yield take();
    }
    if (ids.length > 0) yield take();
  } finally {
    // When writing a block fails, the next ones know nothing of these records.
    builder.clear();
  }
}
