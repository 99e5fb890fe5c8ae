import type { Rows } from '../measure/row.ts';
import type { Kind } from '../servers/kinds.ts';
import { DURABILITY, describeMachine, describeVersions } from './machine.ts';
import { writePerformancePage } from './performance-page.ts';
import { writeResults } from './results.ts';
import { writeSummary } from './summary.ts';

/**
 * What a group found: `what` names it with what sets it apart, such as ingest-800. `durability` takes the place of what
 * a 2xx promises, `versions` of those that take part in measuring the server. `alone`: there is nothing of the reference
 * to compare with.
 */
export type Found = {
  what: string;
  kinds: readonly Kind[];
  settings: Record<string, number>;
  rows: Rows;
  durability?: Record<string, string>;
  versions?: Record<string, string>;
  alone?: boolean;
};

/** Above this share of the cores in other hands, figures say more about the others. */
const BUSY = 0.1;

/**
 * Prints and keeps what a group found. Only what was measured as a whole, on a quiet machine, gets into bench/results/
 * and onto the page; the rest goes to .cache/. Without the reference it is no comparison, where one is meant.
 */
export async function keep(
  { what, kinds, settings, rows, durability, versions, alone }: Found,
  whole: boolean,
  busy: number,
  say: (line: string) => void,
): Promise<void> {
  const compared = kinds.some(({ side }) => side === 'reference') || alone === true;
  const complete = whole && compared && busy <= BUSY;
  if (busy > BUSY) say(`others use ${Math.round(busy * 100)} % of the cores: these figures are not kept`);
  const path = await writeResults(
    {
      what,
      date: new Date().toISOString().slice(0, 19),
      machine: await describeMachine(busy),
      versions: versions ?? (await describeVersions(kinds)),
      durability: durability ?? Object.fromEntries(kinds.map(({ side }) => [side, DURABILITY[side]])),
      settings,
      rows: rows.all(),
    },
    complete,
  );
  writeSummary(rows.all(), what);
  say(`written: ${path}`);
  if (complete) say(`written: ${await writePerformancePage()}`);
}
