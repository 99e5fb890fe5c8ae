import type { IdRange } from '../../store.ts';

/** A block among others: where it is stored, and the ids that it has. */
export interface Member extends IdRange {
  readonly firstId: number;
  readonly partsAt: number;
  readonly change: number;
}

/** Blocks whose ids overlap, with the recent rows whose ids are not behind all blocks; most are one sound block. */
export interface Region {
  readonly blocks: readonly Member[];
  /** Ids of rows. */
  readonly rows: readonly number[];
}

/** Whether a region is stored by ids that are not its own: nothing keeps others from having them. */
export function isMisfiled({ blocks }: Region): boolean {
  return blocks.some(({ firstId, partsAt, from }) => firstId !== from || partsAt !== from);
}

/** Puts blocks and misplaced rows together whose ids overlap. In the order of ids. */
export function regionsOf(blocks: readonly Member[], rows: readonly number[]): Region[] {
  const spans = [
    ...blocks.map((block) => ({ from: block.from, to: block.to, block })),
    ...rows.map((id) => ({ from: id, to: id, row: id })),
  ].sort((a, b) => a.from - b.from);
  const regions: { blocks: Member[]; rows: number[] }[] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const span of spans) {
    let region = regions.at(-1);
    if (region === undefined || span.from > end) {
      region = { blocks: [], rows: [] };
      regions.push(region);
    }
    if ('block' in span) region.blocks.push(span.block);
    else region.rows.push(span.row);
    end = Math.max(end, span.to);
  }
  return regions;
}
