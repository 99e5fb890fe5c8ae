import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ARRANGEMENTS, type Arrangement } from './decoding/messages.ts';
import { type Shape, writeBodies } from './load/bodies.ts';
import { replay } from './load/wrk.ts';
import { quantile } from './measure/quantiles.ts';
import { Rows } from './measure/row.ts';
import { TimedClient } from './measure/timed-request.ts';
import { cpuSeconds } from './servers/proc.ts';
import { AUTHORIZATION, benchFolder, removeFolder, startCommand } from './servers/process.ts';

const SHAPE: Shape = { type: 'ndjson', records: 1000 };
const BODIES = 16;
const front = new URL('decoding/front.ts', import.meta.url).pathname;

/** Asks /health every 10 ms until stopped: how long the main thread lets others wait. */
function askHealth(port: number): { stop(): Promise<number[]> } {
  const client = new TimedClient(port);
  const milliseconds: number[] = [];
  let stopped = false;
  const asking = (async () => {
    while (!stopped) {
      milliseconds.push((await client.send('GET', '/health')).milliseconds);
      await sleep(10);
    }
    client.close();
  })();
  return {
    async stop() {
      stopped = true;
      await asking;
      return milliseconds;
    },
  };
}

async function measureArrangement(
  arrangement: Arrangement,
  bodies: string,
  seconds: number,
  rows: Rows,
): Promise<void> {
  const folder = await benchFolder(arrangement);
  const args = (port: number, store: string) => [
    front,
    arrangement,
    String(port),
    join(store, 'rows.sqlite'),
  ];
  const server = await startCommand(process.execPath, args, folder);
  const load = { port: server.port, authorization: AUTHORIZATION, folder: bodies, bodies: BODIES };
  try {
    await replay({ ...load, shape: SHAPE, connections: 2, seconds: 1 });
    const health = askHealth(server.port);
    const before = await cpuSeconds(server.pid);
    const { requests, seconds: passed } = await replay({ ...load, shape: SHAPE, connections: 2, seconds });
    const cpu = (await cpuSeconds(server.pid)) - before;
    const waits = await health.stop();
    const name = `decode-${arrangement}`;
    const records = requests * SHAPE.records;
    rows.add('ours', name, 'rate', 'records/s', records / passed);
    rows.add('ours', name, 'CPU a million', 's', (cpu / records) * 1e6);
    rows.add('ours', name, '/health p50', 'ms', quantile(waits, 0.5));
    rows.add('ours', name, '/health p99', 'ms', quantile(waits, 0.99));
  } finally {
    await server.stop();
    await removeFolder(folder);
  }
}

/** Compares, in turns, where the decoding of NDJSON might live; docs/design.md rests its choice on the figures. */
export async function measureDecoding(
  options: { rounds: number; seconds: number; bytes: number },
  say: (line: string) => void,
): Promise<Rows> {
  const rows = new Rows();
  const bodies = await benchFolder('bodies');
  try {
    await writeBodies(bodies, SHAPE, BODIES, options.bytes);
    for (let round = 0; round < options.rounds; round++) {
      for (const arrangement of ARRANGEMENTS) {
        say(`decoding, round ${round + 1}, ${arrangement}`);
        await measureArrangement(arrangement, bodies, options.seconds, rows);
      }
    }
  } finally {
    await removeFolder(bodies);
  }
  return rows;
}
