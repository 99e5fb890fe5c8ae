import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Shape, writeBodies } from '../load/bodies.ts';
import { type Load, replay } from '../load/wrk.ts';
import type { Kind, Side } from '../servers/kinds.ts';
import { type MakePlace, type StorePlace, sqlitePlace } from '../servers/place.ts';
import { cpuSeconds, watchMemory } from '../servers/proc.ts';
import {
  AUTHORIZATION,
  benchFolder,
  type RunningServer,
  removeFolder,
  startServer,
} from '../servers/process.ts';
import { alternate } from './alternate.ts';
import { Rows } from './row.ts';
import { countInVictoriaLogs, countRecords } from './timed-request.ts';

export type IngestCase = { name: string; shape: Shape; connections: number };

const ndjson = (records: number): Shape => ({ type: 'ndjson', records });

export const INGEST_CASES: readonly IngestCase[] = [
  { name: 'ndjson-1000-c1', shape: ndjson(1000), connections: 1 },
  { name: 'ndjson-1000-c2', shape: ndjson(1000), connections: 2 },
  { name: 'ndjson-1000-c8', shape: ndjson(1000), connections: 8 },
  { name: 'ndjson-10-c8', shape: ndjson(10), connections: 8 },
  { name: 'json-c8', shape: { type: 'json', records: 1 }, connections: 8 },
  { name: 'form-c8', shape: { type: 'form', records: 1 }, connections: 8 },
];

/** The same on a server of MySQL, and a crowd of clients, who share its commits. */
export const MYSQL_CASES: readonly IngestCase[] = [
  ...INGEST_CASES.filter(({ name }) => name !== 'ndjson-1000-c1'),
  { name: 'json-c64', shape: { type: 'json', records: 1 }, connections: 64 } as const,
].map((each) => ({ ...each, name: `mysql-${each.name}` }));

export type IngestOptions = { rounds: number; seconds: number; bytes: number };

/** Bodies sent in rotation: for large batches few, as wrk holds them in memory, yet 16,000 different records. */
const bodiesFor = (shape: Shape): number => (shape.records >= 1000 ? 16 : 1000);

/** Loads one server, new and empty, after a second of warming up, and adds its figures. */
async function measureLoad(
  server: RunningServer,
  { name, shape }: IngestCase,
  load: Load,
  place: StorePlace,
  rows: Rows,
): Promise<void> {
  const cpu = async () => ({ server: await cpuSeconds(server.pid), engine: await place.engineCpu?.() });
  await replay({ ...load, seconds: 1 });
  const before = { records: await settledCount(server, place), cpu: await cpu() };
  const memory = watchMemory(server.pid);
  const { requests, seconds, p50, p99 } = await replay(load);
  const after = { records: await settledCount(server, place), cpu: await cpu() };
  const peak = await memory.stop();
  const stored = after.records - before.records;
  const answered = requests * shape.records;
  // What was on its way when wrk ended may or may not be stored; more than that is a fault of the server.
  if (stored < answered || stored > answered + load.connections * shape.records) {
    throw new Error(`${server.side} acknowledged ${answered} records and holds ${stored} more than before`);
  }
  const add = rows.add.bind(rows, server.side, name);
  add('rate', 'records/s', answered / seconds);
  add('latency p50', 'ms', p50);
  add('latency p99', 'ms', p99);
  add('CPU a million', 's', ((after.cpu.server - before.cpu.server) / stored) * 1e6);
  if (before.cpu.engine !== undefined && after.cpu.engine !== undefined)
    add('CPU of mysqld a million', 's', ((after.cpu.engine - before.cpu.engine) / stored) * 1e6);
  add('RSS under load', 'MB', peak / 1e6);
}

/** Where records are taken. What VictoriaLogs is told is what Chronologer knows of the fields. */
const PATHS: Readonly<Record<Side, string>> = {
  reference: '/api/v1/record',
  ours: '/api/v1/record',
  dynamic: '/api/v1/record',
  victorialogs: '/insert/jsonline?_time_field=created&_msg_field=message&_stream_fields=name',
};

function countIn({ side, port }: RunningServer): Promise<number> {
  return side === 'victorialogs' ? countInVictoriaLogs(port) : countRecords(port);
}

/** The count once it has stopped growing: a server goes on with what it had accepted when the load ended. */
async function settledCount(server: RunningServer, { longestCommit }: StorePlace): Promise<number> {
  for (let last = -1; ; ) {
    const count = await countIn(server);
    if (count === last) return count;
    last = count;
    await sleep(longestCommit);
  }
}

async function measureCase(
  kind: Kind,
  ingestCase: IngestCase,
  load: Omit<Load, 'port' | 'path'>,
  makePlace: MakePlace,
  rows: Rows,
): Promise<void> {
  const folder = await benchFolder(kind.side);
  const place = await makePlace(folder);
  try {
    const server = await startServer(kind, folder, place);
    try {
      const whole = { ...load, port: server.port, path: PATHS[kind.side] };
      await measureLoad(server, ingestCase, whole, place, rows);
      const records = await countIn(server);
      if (!place.weighedRunning) await server.stop();
      rows.add(kind.side, ingestCase.name, 'disk a record', 'bytes', (await place.bytes()) / records);
    } finally {
      await server.stop();
    }
  } finally {
    await place.remove();
    await removeFolder(folder);
  }
}

/** Measures how fast records are taken, durably, case by case, and what that costs. */
export async function measureIngest(
  kinds: readonly Kind[],
  cases: readonly IngestCase[],
  options: IngestOptions,
  say: (line: string) => void,
  makePlace: MakePlace = sqlitePlace,
): Promise<Rows> {
  const rows = new Rows();
  const bodies = await benchFolder('bodies');
  try {
    for (const ingestCase of cases) {
      const { name, shape, connections } = ingestCase;
      const count = bodiesFor(shape);
      const folder = join(bodies, name);
      await writeBodies(folder, shape, count, options.bytes);
      // VictoriaLogs knows no forms.
      const able = kinds.filter(({ side }) => side !== 'victorialogs' || shape.type !== 'form');
      await alternate(able, options.rounds, async (kind, round) => {
        say(`${name}, round ${round + 1}, ${kind.side}`);
        const load = { authorization: AUTHORIZATION, folder, bodies: count, shape, connections };
        await measureCase(kind, ingestCase, { ...load, seconds: options.seconds }, makePlace, rows);
      });
    }
  } finally {
    await removeFolder(bodies);
  }
  return rows;
}
