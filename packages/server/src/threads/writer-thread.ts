import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Body } from '../ingest/decode.ts';
import { openEngine } from '../store/engines.ts';
import { StoreError } from '../store/store-error.ts';
import type { WorkerSetup, WriterReply, WriterRequest } from './messages.ts';
import { Retention } from './retention.ts';
import { WriteQueue } from './write-queue.ts';

/** Bytes of bodies that are taken from the port for one round at most. */
const ROUND_BYTES = 16_777_216;

if (parentPort === null) throw new Error('this module is a worker thread');
const port = parentPort;
const setup: WorkerSetup = workerData;

const reply = (message: WriterReply): void => port.postMessage(message);
const store = await openEngine(setup.dsn).openWriter();
const queue = new WriteQueue(store, (message) => reply({ kind: 'log', level: 'error', message }));
const retention = new Retention(store, setup.retention ?? {}, {
  now: Date.now,
  log: (level, message) => reply({ kind: 'log', level, message }),
});

/** Whatever has arrived by now is one round: one transaction and one sync of the disk. */
function takeRound(first: WriterRequest): { bodies: [number, Body][]; closing: boolean } {
  const bodies: [number, Body][] = [];
  let size = 0;
  for (let request: WriterRequest | undefined = first; request !== undefined; ) {
    if (request.kind === 'close') return { bodies, closing: true };
    bodies.push([request.id, request]);
    size += request.bytes.byteLength;
    if (size >= ROUND_BYTES) break;
    request = receiveMessageOnPort(port)?.message;
  }
  return { bodies, closing: false };
}

/** Rounds follow each other: while one waits for a store that is elsewhere, the next bodies gather. */
let previous: Promise<void> = Promise.resolve();
port.on('message', (first: WriterRequest) => {
  const { bodies, closing } = takeRound(first);
  previous = previous.then(async () => {
    if (bodies.length > 0) reply({ kind: 'written', answers: await queue.write(bodies) });
    // Freed now and not when the collector comes round: under load that is a hundred megabytes.
    for (const [, { bytes }] of bodies) bytes.buffer.transfer(0);
    if (closing) await close();
  });
});

async function close(): Promise<void> {
  retention.stop();
  await store.close();
  reply({ kind: 'closed' });
  port.close();
}

try {
  await store.size();
} catch (error) {
  if (!(error instanceof StoreError)) throw error;
  reply({ kind: 'log', level: 'error', message: `Nothing can be written: ${error.message}` });
}
retention.start();
reply({ kind: 'ready' });
