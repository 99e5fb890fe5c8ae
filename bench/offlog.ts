import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { promisify } from 'node:util';
import { version as pinoVersion } from 'pino';
import { Rows, type Unit } from './measure/row.ts';
import { type Crowd, checkCrowd, runCrowd } from './offlog/crowd.ts';
import {
  type DaemonKind,
  HOW_TO_GET_PYTHON,
  memoryHighWater,
  PYTHON,
  startDaemon,
} from './offlog/daemons.ts';
import { journalSocket, runLogger } from './offlog/journal.ts';
import { measureWriting, type Writing } from './offlog/writing.ts';
import type { Found } from './report/keep.ts';
import { type Kind, ownServer } from './servers/kinds.ts';
import { cpuSeconds } from './servers/proc.ts';
import { benchFolder, removeFolder } from './servers/process.ts';

const DURABILITY = 'BYE after write(2): survives the end of any process, not a power cut';

/** What is measured beside the Python pair: who writes, by which daemon if by one. */
type OfflogCase = { name: string } & (Writing | { crowd: true } | { logger: true });

export const OFFLOG_CASES: readonly OfflogCase[] = [
  { name: 'offlog-node', writer: 'node', daemon: 'ours', clients: 1 },
  { name: 'offlog-python', writer: 'python', daemon: 'ours', clients: 1 },
  { name: 'offlog-discard', writer: 'python', daemon: 'discard', clients: 1 },
  { name: 'offlog-node-python', writer: 'node', daemon: 'python', clients: 1 },
  { name: 'offlog-python-8', writer: 'python', daemon: 'ours', clients: 8 },
  { name: 'offlog-crowd', crowd: true },
  { name: 'offlog-append-file', writer: 'append-file', clients: 1 },
  { name: 'offlog-pino', writer: 'pino', clients: 1 },
  { name: 'offlog-logger', logger: true },
];

/** `lines` of 100 bytes are written end to end by each case; by the slowest ones a tenth of it. */
type OfflogOptions = { rounds: number; lines: number };

type Figures = readonly (readonly [figure: string, unit: Unit, value: number])[];

async function measureCrowd(daemonKind: DaemonKind, lines: number): Promise<Figures> {
  const crowd: Crowd = { clients: 500, files: 50, linesEach: lines / 100 };
  const folder = await benchFolder('offlog-crowd');
  const daemon = await startDaemon(daemonKind, folder);
  try {
    const before = await cpuSeconds(daemon.pid);
    const seconds = await runCrowd(daemon.socket, folder, crowd);
    const cpu = (await cpuSeconds(daemon.pid)) - before;
    const memory = await memoryHighWater(daemon.pid);
    await checkCrowd(folder, crowd, daemonKind === 'ours');
    const written = crowd.clients * crowd.linesEach;
    return [
      ['rate', 'lines/s', written / seconds],
      ['daemon CPU a line', 'µs', (cpu / written) * 1e6],
      ['daemon RSS, highest', 'MB', memory / 1e6],
    ];
  } finally {
    await daemon.stop();
    await removeFolder(folder);
  }
}

/** The figures of a case, and what stands beside it: the Python client on the Python daemon. */
async function measureCase(
  offlogCase: OfflogCase,
  lines: number,
  pair: (clients: number) => Promise<Figures>,
): Promise<{ reference: Figures; ours: Figures }> {
  if ('crowd' in offlogCase) {
    const reference = await measureCrowd('python', lines);
    return { reference, ours: await measureCrowd('ours', lines) };
  }
  if ('logger' in offlogCase) {
    return { reference: await pair(1), ours: [['rate', 'lines/s', await runLogger(lines / 10)]] };
  }
  return { reference: await pair(offlogCase.clients), ours: await measureWriting(offlogCase, lines) };
}

/** In rounds, each case beside the Python pair, which is measured once a round and number of clients. */
async function measureRounds(
  cases: readonly OfflogCase[],
  { rounds, lines }: OfflogOptions,
  say: (line: string) => void,
): Promise<Rows> {
  const rows = new Rows();
  for (let round = 1; round <= rounds; round++) {
    const pairs = new Map<number, Promise<Figures>>();
    const pair = (clients: number): Promise<Figures> => {
      const known = pairs.get(clients);
      if (known) return known;
      const measured = measureWriting({ writer: 'python', daemon: 'python', clients }, lines);
      pairs.set(clients, measured);
      return measured;
    };
    for (const each of cases) {
      say(`${each.name}, round ${round}`);
      const { reference, ours } = await measureCase(each, lines, pair);
      const measured = new Set(ours.map(([figure]) => figure));
      for (const [figure, unit, value] of reference) {
        if (measured.has(figure)) rows.add('reference', each.name, figure, unit, value);
      }
      for (const [figure, unit, value] of ours) rows.add('ours', each.name, figure, unit, value);
    }
  }
  return rows;
}

/** Measures cases beside the Python client on the Python daemon. Throws, saying what is missing, without that. */
export async function measureOfflog(
  cases: readonly OfflogCase[],
  options: OfflogOptions,
  say: (line: string) => void,
): Promise<Found> {
  const there = await access(PYTHON).then(
    () => true,
    () => false,
  );
  if (!there) throw new Error(HOW_TO_GET_PYTHON);
  const journal = await journalSocket();
  if (journal === undefined) say('no journald and no syslog here: logger is not measured');
  const possible = journal === undefined ? cases.filter((each) => !('logger' in each)) : cases;
  const kinds = await sides();
  return {
    what: 'offlog',
    kinds,
    settings: { lines: options.lines, rounds: options.rounds },
    rows: await measureRounds(possible, options, say),
    durability: { reference: DURABILITY, ours: DURABILITY },
    versions: {
      node: process.versions.node,
      pino: pinoVersion,
      'journald or syslog': journal ?? 'none here',
      ...Object.fromEntries(kinds.map(({ side, version }) => [side, version])),
    },
  };
}

/** The two sides with their versions, for the report. */
async function sides(): Promise<Kind[]> {
  const script =
    'import offlog, platform; print("offlog", offlog.__version__, "Python", platform.python_version())';
  const { stdout } = await promisify(execFile)(PYTHON, ['-c', script]);
  return [{ side: 'reference', command: PYTHON, args: [], version: stdout.trim() }, await ownServer()];
}
