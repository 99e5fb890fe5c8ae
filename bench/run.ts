import { wrkVersion } from './load/wrk.ts';
import { INGEST_CASES, MYSQL_CASES, measureIngest } from './measure/ingest.ts';
import { measureLarge } from './measure/large.ts';
import { measureReading } from './measure/reading.ts';
import { READING_CASES } from './measure/reading-cases.ts';
import { measureStart } from './measure/start.ts';
import { STORE_NAMES } from './measure/store-questions.ts';
import { measureStores } from './measure/stores.ts';
import { measureOfflog, OFFLOG_CASES } from './offlog.ts';
import { type Options, readOptions } from './options.ts';
import { type Found, keep } from './report/keep.ts';
import { busyShare, describeVersions } from './report/machine.ts';
import { writePerformancePage } from './report/performance-page.ts';
import {
  findReference,
  findVictoriaLogs,
  HOW_TO_GET_THE_REFERENCE,
  type Kind,
  ownServer,
  withDynamicRows,
} from './servers/kinds.ts';
import { findMysql, MYSQL_VARIABLE, mysqlPlace } from './servers/mysql.ts';
import { findStores } from './servers/stores.ts';
import { measureSlicer, SLICER_CASES } from './slicer.ts';

const say = (line: string): void =>
  void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);

async function sides({ side }: Options): Promise<Kind[]> {
  const reference = side === 'ours' ? undefined : await findReference();
  if (reference === undefined && side !== 'ours') say(HOW_TO_GET_THE_REFERENCE);
  const kinds = [...(reference ? [reference] : []), ...(side === 'reference' ? [] : [await ownServer()])];
  if (kinds.length === 0) throw new Error('there is nothing to measure');
  return kinds;
}

/** A part of the bench: its name for --only, those of its cases, and what measures those of them that are chosen. */
type Group = {
  name: string;
  cases: readonly string[];
  /** Loads by wrk, so that there is nothing to measure without it. */
  wrk: boolean;
  measure(chosen: ReadonlySet<string>, options: Options): Promise<Found>;
};

const names = (cases: readonly { name: string }[]): string[] => cases.map(({ name }) => name);

const GROUPS: readonly Group[] = [
  {
    name: 'start',
    cases: [],
    wrk: false,
    async measure(_, options) {
      const kinds = await sides(options);
      const rows = await measureStart(kinds, options.rounds, say);
      return { what: 'start', kinds, settings: { rounds: options.rounds }, rows };
    },
  },
  {
    name: 'ingest',
    cases: names(INGEST_CASES),
    wrk: true,
    async measure(chosen, options) {
      const { bytes, rounds, seconds } = options;
      const victoriaLogs = options.side === undefined ? await findVictoriaLogs() : undefined;
      const kinds = [...(await sides(options)), ...(victoriaLogs ? [victoriaLogs] : [])];
      const cases = INGEST_CASES.filter(({ name }) => chosen.has(name));
      const rows = await measureIngest(kinds, cases, options, say);
      return { what: `ingest-${bytes}`, kinds, settings: { bytes, rounds, seconds }, rows };
    },
  },
  {
    name: 'mysql',
    cases: names(MYSQL_CASES),
    wrk: true,
    async measure(chosen, options) {
      const { bytes, rounds, seconds } = options;
      const mysql = await findMysql();
      if (mysql === undefined) throw new Error(`${MYSQL_VARIABLE} names no server to measure on`);
      const compared = await sides(options);
      const own = compared.find(({ side }) => side === 'ours');
      const kinds = own === undefined ? compared : [...compared, withDynamicRows(own)];
      const cases = MYSQL_CASES.filter(({ name }) => chosen.has(name));
      const rows = await measureIngest(kinds, cases, options, say, () => mysqlPlace(mysql));
      const versions = { ...(await describeVersions(kinds)), server: mysql.version };
      const durability = { mysql: mysql.durability };
      return {
        what: `mysql-${bytes}`,
        kinds,
        settings: { bytes, rounds, seconds },
        rows,
        durability,
        versions,
      };
    },
  },
  {
    name: 'reading',
    cases: names(READING_CASES),
    wrk: false,
    async measure(chosen, options) {
      const { records, bytes, rounds, requests } = options;
      const kinds = await sides(options);
      const cases = READING_CASES.filter(({ name }) => chosen.has(name));
      const rows = await measureReading(kinds, cases, options, say);
      return { what: `reading-${records}`, kinds, settings: { records, bytes, rounds, requests }, rows };
    },
  },
  {
    name: 'large',
    cases: [],
    wrk: false,
    async measure(_, options) {
      const { large: records, bytes, rounds, requests } = options;
      const kinds = await sides(options);
      const rows = await measureLarge(kinds, { records, bytes, rounds, requests }, say);
      return { what: `large-${bytes}`, kinds, settings: { records, bytes, rounds, requests }, rows };
    },
  },
  {
    name: 'offlog',
    cases: names(OFFLOG_CASES),
    wrk: false,
    async measure(chosen, options) {
      return measureOfflog(
        OFFLOG_CASES.filter(({ name }) => chosen.has(name)),
        options,
        say,
      );
    },
  },
  {
    name: 'slicer',
    cases: names(SLICER_CASES),
    wrk: false,
    async measure(chosen, options) {
      const cases = SLICER_CASES.filter(({ name }) => chosen.has(name));
      const rows = measureSlicer(cases, options, say);
      const versions = { node: process.versions.node };
      const settings = { rounds: options.rounds };
      const kinds = [await ownServer()];
      return { what: 'slicer', kinds, settings, rows, durability: {}, versions, alone: true };
    },
  },
  {
    name: 'stores',
    cases: [],
    wrk: false,
    async measure(_, options) {
      const { records, bytes, rounds, requests } = options;
      const stores = await findStores(say);
      const kind = await ownServer();
      const rows = await measureStores(kind, stores, options, say);
      const versions = Object.fromEntries(stores.map(({ name, version }) => [name, version]));
      return {
        what: `stores-${records}`,
        kinds: [kind],
        settings: { records, bytes, rounds, requests },
        rows,
        durability: {},
        versions: { node: process.versions.node, ours: kind.version, ...versions },
        alone: stores.length === STORE_NAMES.length,
      };
    },
  },
];

function refuseUnknown({ only }: Options): void {
  const known = GROUPS.flatMap(({ name, cases }) => [name, ...cases]);
  for (const name of only) {
    if (!known.includes(name)) throw new Error(`${name} is none of ${known.join(', ')}`);
  }
}

type Chosen = { group: Group; chosen: readonly string[] };

function choose({ only }: Options): Chosen[] {
  return GROUPS.flatMap((group) => {
    const { name, cases } = group;
    const chosen = only.has(name) ? cases : cases.filter((each) => only.has(each));
    return chosen.length > 0 || only.has(name) ? [{ group, chosen }] : [];
  });
}

async function run(options: Options): Promise<void> {
  refuseUnknown(options);
  const groups = choose(options);
  if (groups.some(({ group }) => group.wrk) && (await wrkVersion()) === undefined) {
    throw new Error('wrk is needed: apt install wrk');
  }
  for (const { group, chosen } of groups) {
    const { cases, measure } = group;
    const busyBefore = await busyShare();
    const found = await measure(new Set(chosen), options);
    const busy = Math.max(busyBefore, await busyShare());
    const whole = chosen.length === cases.length && !options.quick && options.side === undefined;
    await keep(found, whole, busy, say);
  }
}

const options = readOptions(process.argv.slice(2));
if (options?.page) say(`written: ${await writePerformancePage()}`);
else if (options) await run(options);
