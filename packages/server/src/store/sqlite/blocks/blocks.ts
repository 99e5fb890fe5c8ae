import type { DatabaseSync } from 'node:sqlite';
import type { Filter } from '../../store.ts';
import { type BlockEntry, BlockIndex, type OnDamage } from './block-index.ts';
import { BlockParts } from './block-parts.ts';
import type { Head } from './head.ts';
import { Selection } from './selection.ts';

/** The blocks as one reading connection sees them. To be used inside one transaction, after `refresh`. */
export class Blocks {
  readonly index: BlockIndex;
  readonly parts: BlockParts;

  /** `onDamage` is told of each damaged block once. */
  constructor(database: DatabaseSync, onDamage: OnDamage) {
    const told = new Set<number>();
    const once: OnDamage = (firstId, lastId, why) => {
      if (told.has(firstId)) return;
      told.add(firstId);
      onDamage(firstId, lastId, why);
    };
    this.index = new BlockIndex(database, once);
    this.parts = new BlockParts(database, once);
  }

  refresh(): void {
    this.index.refresh();
  }

  /** Undefined when it is damaged. */
  head(block: BlockEntry): Head | undefined {
    const tally = this.index.tally(block);
    return tally && this.parts.head({ ...block, kinds: tally.kinds });
  }

  selection(filter: Filter): Selection {
    return new Selection(filter, this.index);
  }

  /** The number of a filter's records in blocks; its query is not looked at. */
  count(filter: Filter): number {
    const selection = this.selection(filter);
    const head = (block: BlockEntry) => this.head(block);
    return this.index.blocks.reduce((sum, block) => sum + selection.count(block, head), 0);
  }

  /** The times, in microseconds, of a filter's records in blocks, in no order. */
  times(filter: Filter): number[] {
    const selection = this.selection(filter);
    const found: number[] = [];
    for (const block of this.index.blocks) {
      if (!selection.mayTouch(block) || selection.countKinds(block) === 0) continue;
      const head = this.head(block);
      if (head === undefined) continue;
      head.times.forEach((time, place) => {
        if (selection.holds(block, head, place)) found.push(time);
      });
    }
    return found;
  }
}
