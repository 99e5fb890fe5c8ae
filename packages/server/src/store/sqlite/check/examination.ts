import type { DatabaseSync } from 'node:sqlite';
import type { CheckListener, CheckResult, Finding } from '../../store.ts';
import { resultCode, SQLITE_CORRUPT } from '../fault.ts';
import { blockIds, type Merged, mergedOf } from './merged.ts';
import type { Region } from './regions.ts';
import { StoredBlocks } from './stored-block.ts';
import { type Survey, surveyOf } from './survey.ts';

/** One look through all that is in a database. */
export class Examination {
  readonly #database: DatabaseSync;
  readonly #listener: CheckListener;
  #sound = true;
  readonly isFileDamaged: boolean;
  /** Undefined when a damaged page ended it. */
  readonly survey: Survey | undefined;
  /** Regions that are not sound, and can be written anew. */
  readonly unsound: Region[] = [];

  /** `fileFaults` were told already. */
  constructor(database: DatabaseSync, listener: CheckListener, fileFaults: readonly string[]) {
    this.#database = database;
    this.#listener = listener;
    this.isFileDamaged = fileFaults.length > 0;
    this.#sound = !this.isFileDamaged;
    this.survey = this.#survey();
    if (this.survey === undefined) return;
    this.#readTexts(this.survey);
  }

  get result(): CheckResult {
    const { blocks = 0, tally } = this.survey ?? {};
    return { sound: this.#sound, blocks, records: tally?.records ?? 0 };
  }

  #found(finding: Finding): void {
    this.#sound = false;
    this.#listener.found(finding);
  }

  /** What has to agree is seen at one moment. */
  #survey(): Survey | undefined {
    return this.#reading(() => {
      const survey = surveyOf(this.#database, (...done) => this.#listener.progress(...done));
      this.#tell(survey);
      return survey;
    });
  }

  #reading<T>(work: () => T): T | undefined {
    this.#database.exec('BEGIN');
    try {
      return work();
    } catch (error) {
      if (resultCode(error) !== SQLITE_CORRUPT) throw error;
      this.#found({ what: 'A damaged page of the file keeps tables from being read', lost: [] });
      return undefined;
    } finally {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    }
  }

  #tell(survey: Survey): void {
    for (const what of survey.propertyFaults) {
      this.#found({ what, lost: [], repair: 'Sets it to what the blocks ask for' });
    }
    for (const { id, isKept } of survey.badRows) {
      this.#found(
        isKept
          ? {
              what: `The logrec of the recent record ${id} is no JSON object`,
              lost: [],
              repair: 'Keeps its text as a string in one: {"data": {"unreadable": …}}',
            }
          : {
              what: `The recent record ${id} holds what is none`,
              lost: [{ from: id, to: id }],
              repair: 'Removes it',
            },
      );
    }
    for (const firstId of survey.orphans) {
      this.#found({
        what: `Parts of a block from ${firstId} on are there without the block`,
        lost: this.#idsWithoutBlock(survey, firstId),
        repair: 'Removes them',
      });
    }
    if (survey.isCounted) this.#compare(survey);
  }

  /** The ids of a head whose block is gone, but for those that other blocks have. */
  #idsWithoutBlock({ regions }: Survey, firstId: number) {
    const spans = regions.flatMap(({ blocks }) => blocks);
    return blockIds(new StoredBlocks(this.#database), firstId, (id) =>
      spans.some(({ from, to }) => id >= from && id <= to),
    );
  }

  #compare({ tally }: Survey): void {
    for (const [table, what] of [
      ['rollup', 'by quarter of an hour, level and name'],
      ['total', 'by level and name'],
    ] as const) {
      const difference = tally.compare(this.#database, table);
      if (difference === undefined) continue;
      this.#found({
        what:
          `The counts ${what} are wrong in ${difference.rows} rows: they tell of ${difference.said} records, ` +
          `and there are ${tally.records}`,
        lost: [],
        repair: 'Counts anew',
      });
    }
  }

  #readTexts({ regions, blocks: of }: Survey): void {
    const stored = new StoredBlocks(this.#database);
    let done = 0;
    for (const region of regions) {
      const merged = this.#reading(() => mergedOf(this.#database, stored, region));
      if (merged !== undefined) this.#tellRegion(region, merged);
      done += region.blocks.length;
      this.#listener.progress('blocks', done, of);
    }
  }

  #tellRegion(region: Region, merged: Merged): void {
    const faults = merged.blocks.flatMap(([{ firstId, lastId }, inspection]) =>
      inspection.faults.length === 0
        ? []
        : [`Block ${firstId} to ${lastId}: ${inspection.faults.join('; ')}`],
    );
    const isOne = merged.blocks.length === 1 && region.rows.length === 0;
    if (isOne && faults.length === 0) return;
    const what = isOne ? faults.join('') : [overlap(region), ...faults].join('. ');
    const { lost, records } = merged;
    if (merged.blocks.some(([, { isForeign }]) => isForeign)) {
      this.#found({ what: `${what}. It is left as it is: a later version may read it`, lost });
      return;
    }
    this.unsound.push(region);
    const kept =
      lost.length === 0 ? `all ${records.size} records` : `the ${records.size} records that can be read`;
    this.#found({ what, lost, repair: records.size === 0 ? 'Removes it' : `Writes it anew with ${kept}` });
  }
}

function overlap({ blocks, rows }: Region): string {
  const parts = [
    ...blocks.map(({ from, to }) => `block ${from} to ${to}`),
    ...rows.map((id) => `the recent record ${id}`),
  ];
  return blocks.length === 0
    ? `${parts.join(', ')} should be behind all blocks`
    : `Ids overlap: ${parts.join(', ')}`;
}
