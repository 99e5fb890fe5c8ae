import { flushCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { openEngine } from '../store/engines.ts';
import type { ReadReply, ReadRequest, WorkerSetup } from './messages.ts';
import { doJob } from './read-job.ts';

if (parentPort === null) throw new Error('this module is a worker thread');
const port = parentPort;
const setup: WorkerSetup = workerData;
const reader = await openEngine(setup.dsn).openReader({ timeout: setup.timeout });
// A thread that is ended, or whose process is killed, writes nothing itself: the next would load the stripper of types,
// 9 MB, again.
flushCompileCache();

port.on('message', async (request: ReadRequest) => {
  if (request.kind === 'cancel') return void (await reader.cancel?.());
  const reply = await doJob(reader, request);
  port.postMessage(reply, transfers(reply));
});

/** Bytes are handed over, not copied. */
function transfers(reply: ReadReply): ArrayBuffer[] {
  if (!('result' in reply) || typeof reply.result !== 'object') return [];
  if (reply.result instanceof Uint8Array) return [reply.result.buffer];
  return 'bytes' in reply.result ? [reply.result.bytes.buffer] : [];
}
