import { type MessagePort, parentPort } from 'node:worker_threads';
import { decodeLines } from './decode.ts';
import type { Work } from './messages.ts';

let writing: MessagePort | undefined;

// The first message brings the port to the writing thread, so that columns do not pass through the main thread.
parentPort?.on('message', (message: { port: MessagePort } | { request: number; body: Uint8Array }) => {
  if ('port' in message) {
    writing = message.port;
    return;
  }
  const work: Work = { request: message.request, columns: decodeLines(message.body) };
  writing?.postMessage(work);
});
