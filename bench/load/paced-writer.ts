import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { TimedClient } from '../measure/timed-request.ts';
import { body, CONTENT_TYPE } from './bodies.ts';

const BATCH = 100;
const BODIES = 50;

export type PacedWriter = { stop(): Promise<{ records: number; seconds: number }> };

type Pace = { port: number; rate: number; bytes: number; secondsApart: number; first: number };

/** Writes about `rate` records a second, in batches of 100, from a thread of its own until it is stopped. */
export function startPacedWriter(pace: Pace): PacedWriter {
  const thread = new Worker(new URL(import.meta.url), { workerData: pace });
  const failed = new Promise<never>((_, reject) => thread.once('error', reject));
  // A failure shows in stop(); until then nobody waits for it.
  failed.catch(() => undefined);
  return {
    async stop() {
      const ended = new Promise<{ records: number; seconds: number }>((resolve) =>
        thread.once('message', resolve),
      );
      thread.postMessage('stop');
      return Promise.race([ended, failed]);
    },
  };
}

/** Batches are due at even distances; a server that falls behind gets them one after the other, never two at once. */
async function write({ port, rate, bytes, secondsApart, first }: Pace): Promise<void> {
  const client = new TimedClient(port);
  const bodies = Array.from({ length: BODIES }, (_, i) =>
    body({ type: 'ndjson', records: BATCH }, first + i * BATCH, secondsApart, bytes),
  );
  const started = performance.now();
  let sent = 0;
  let stopped = false;
  parentPort?.once('message', () => {
    stopped = true;
  });
  while (!stopped) {
    const wait = started + (sent / rate) * 1000 - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait)));
    const text = bodies[(sent / BATCH) % BODIES];
    const { status } = await client.send('POST', '/api/v1/record', CONTENT_TYPE.ndjson, text);
    if (status !== 201) throw new Error(`a batch was answered ${status}`);
    sent += BATCH;
  }
  client.close();
  parentPort?.postMessage({ records: sent, seconds: (performance.now() - started) / 1000 });
  parentPort?.close();
}

if (!isMainThread) await write(workerData as Pace);
