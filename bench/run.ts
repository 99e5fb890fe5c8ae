import { measureDecoding } from './decoding.ts';
import { INGEST_CASES, measureIngest } from './measure/ingest.ts';
import { measureReading } from './measure/reading.ts';
import { READING_CASES } from './measure/reading-cases.ts';
import type { Rows } from './measure/row.ts';
import { measureStart } from './measure/start.ts';
import { type Options, readOptions } from './options.ts';
import { DURABILITY, describeMachine, describeVersions } from './report/machine.ts';
import { writePerformancePage } from './report/performance-page.ts';
import { writeResults } from './report/results.ts';
import { writeSummary } from './report/summary.ts';
import { findReference, HOW_TO_GET_THE_REFERENCE, type Kind, ownServer } from './servers/kinds.ts';

const say = (line: string): void =>
  void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);

async function sides({ side }: Options): Promise<Kind[]> {
  const reference = side === 'ours' ? undefined : await findReference();
  if (reference === undefined && side !== 'ours') say(HOW_TO_GET_THE_REFERENCE);
  const kinds = [...(reference ? [reference] : []), ...(side === 'reference' ? [] : [await ownServer()])];
  if (kinds.length === 0) throw new Error('there is nothing to measure');
  return kinds;
}

/** The cases of a group that --only names, by the group's name or their own; `whole` when none is left out. */
function chosen<T extends { name: string }>(group: string, cases: readonly T[], { only }: Options) {
  const some = only.has(group) ? cases : cases.filter(({ name }) => only.has(name));
  return { cases: some, whole: some.length === cases.length };
}

/** Keeps what a group found; only what was `measured` as a whole, on both sides and at length, gets onto the page. */
async function keep(
  what: string,
  rows: Rows,
  kinds: readonly Kind[],
  options: Options,
  measured: boolean,
): Promise<void> {
  const { records, bytes, rounds, seconds } = options;
  const complete = measured && !options.quick;
  const settings = what.startsWith('reading') ? { records, bytes, rounds } : { bytes, rounds, seconds };
  const path = await writeResults(
    {
      what,
      date: new Date().toISOString().slice(0, 19),
      machine: await describeMachine(),
      versions: await describeVersions(kinds),
      durability: Object.fromEntries(kinds.map(({ side }) => [side, DURABILITY[side]])),
      settings: what === 'start' ? { rounds } : settings,
      rows: rows.all(),
    },
    complete,
  );
  writeSummary(rows.all());
  say(`written: ${path}`);
  if (complete) say(`written: ${await writePerformancePage()}`);
}

async function run(options: Options): Promise<void> {
  if (options.only.has('decoding')) {
    await keep('decoding', await measureDecoding(options, say), [await ownServer()], options, true);
    if (options.only.size === 1) return;
  }
  const kinds = await sides(options);
  const both = kinds.length === 2;
  if (options.only.has('start')) {
    await keep('start', await measureStart(kinds, options.rounds, say), kinds, options, both);
  }
  const ingest = chosen('ingest', INGEST_CASES, options);
  if (ingest.cases.length > 0) {
    const rows = await measureIngest(kinds, ingest.cases, options, say);
    await keep(`ingest-${options.bytes}`, rows, kinds, options, both && ingest.whole);
  }
  const reading = chosen('reading', READING_CASES, options);
  if (reading.cases.length > 0) {
    const rows = await measureReading(kinds, reading.cases, options, say);
    await keep(`reading-${options.records}`, rows, kinds, options, both && reading.whole);
  }
}

const options = readOptions(process.argv.slice(2));
if (options?.page) say(`written: ${await writePerformancePage()}`);
else if (options) await run(options);
