// One arrangement of threads behind HTTP: node front.ts <main|writer|own> <port> <database>.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { MessageChannel, Worker } from 'node:worker_threads';
import { decodeLines } from './decode.ts';
import type { Arrangement, Done } from './messages.ts';

const [arrangement, port, path] = process.argv.slice(2) as [Arrangement, string, string];
const writing = new Worker(new URL('writing-thread.ts', import.meta.url), { workerData: { path } });
const send = sender(arrangement);
const answers = new Map<number, ServerResponse>();
let requests = 0;

/** What to do with a body in each arrangement; a body is handed over, not copied. */
function sender(where: Arrangement): (request: number, body: Uint8Array<ArrayBuffer>) => void {
  if (where === 'main')
    return (request, body) => writing.postMessage({ request, columns: decodeLines(body) });
  if (where === 'writer') return (request, body) => writing.postMessage({ request, body }, [body.buffer]);
  const decoding = new Worker(new URL('decoding-thread.ts', import.meta.url));
  const { port1, port2 } = new MessageChannel();
  decoding.postMessage({ port: port1 }, [port1]);
  writing.postMessage({ port: port2 }, [port2]);
  return (request, body) => decoding.postMessage({ request, body }, [body.buffer]);
}

async function bodyOf(message: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const length = Number(message.headers['content-length']);
  // Not Buffer.alloc: small buffers share one ArrayBuffer, which cannot be handed over.
  const body = new Uint8Array(length);
  let filled = 0;
  for await (const chunk of message) {
    body.set(chunk, filled);
    filled += chunk.length;
  }
  return body;
}

writing.on('message', ({ request, stored }: Done) => {
  answers.get(request)?.writeHead(201, { 'content-type': 'application/json' }).end(String(stored));
  answers.delete(request);
});

createServer(async (message, response) => {
  if (message.url === '/health') {
    response.end('OK');
    return;
  }
  const body = await bodyOf(message);
  const request = ++requests;
  answers.set(request, response);
  send(request, body);
}).listen(Number(port), '127.0.0.1');

process.on('SIGTERM', () => process.exit());
