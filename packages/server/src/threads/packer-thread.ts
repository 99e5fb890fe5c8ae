import { parentPort, workerData } from 'node:worker_threads';
import { openEngine } from '../store/engines.ts';
import { StoreError } from '../store/store-error.ts';
import { buffersIn } from './buffers-in.ts';
import type { InsertReply, InsertRequest, PackerStart, WriterReply, WriterRequest } from './messages.ts';
import { type InsertGroup, PackingQueue } from './packing-queue.ts';

if (parentPort === null) throw new Error('this module is a worker thread');
const port = parentPort;
const { setup, writer }: PackerStart = workerData;

const reply = (message: WriterReply): void => port.postMessage(message);
const packer = openEngine(setup.dsn).openPacker?.();
if (packer === undefined) throw new Error('this store has nothing to pack');

/** Groups that the writing thread has, by number. */
const inserting = new Map<number, (reply: InsertReply) => void>();
let lastNumber = 0;

const insert: InsertGroup = async (group) => {
  const number = ++lastNumber;
  const done = await new Promise<InsertReply>((resolve) => {
    inserting.set(number, resolve);
    writer.postMessage({ number, group } satisfies InsertRequest, buffersIn(group));
  });
  if ('ids' in done) return done.ids;
  throw new StoreError(done.fault, done.message);
};
writer.on('message', (done: InsertReply) => {
  inserting.get(done.number)?.(done);
  inserting.delete(done.number);
});

const queue = new PackingQueue(packer, insert, (message) => reply({ kind: 'log', level: 'error', message }));
const underWay = new Set<Promise<void>>();

port.on('message', async (request: WriterRequest) => {
  if (request.kind === 'close') {
    await Promise.all(underWay);
    writer.close();
    reply({ kind: 'closed' });
    port.close();
    return;
  }
  const written = queue.write(request).then((answer) => {
    reply({ kind: 'written', answers: [[request.id, answer]] });
    underWay.delete(written);
  });
  underWay.add(written);
});
reply({ kind: 'ready' });
