import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { Body } from '../ingest/decode.ts';
import type { ReadJob, ReadReply } from '../threads/messages.ts';
import { ReaderPool } from '../threads/reader-pool.ts';
import { Budget } from './budget.ts';
import type { Context } from './context.ts';
import { createHttpServer, type HttpTimeouts } from './server.ts';

/** So that tests of slow clients need not wait. */
export const QUICK: HttpTimeouts = { headers: 200, request: 600, keepAlive: 2000, linger: 150 };
const BODY_LIMIT = 1000;

interface Options {
  readonly answer?: (job: ReadJob) => ReadReply;
  readonly context?: Partial<Context>;
}

/** A server on readers and a writer that are made up. */
export async function serving({ answer = () => ({ result: 5 }), context = {} }: Options = {}) {
  const said: string[] = [];
  const jobs: ReadJob[] = [];
  const bodies: string[] = [];
  const log = pino(
    { level: 'info' },
    new Writable({ write: (line, _, done) => done(void said.push(String(line))) }),
  );
  const spawn = (onReply: (reply: ReadReply) => void) => ({
    killable: false,
    kill: () => undefined,
    send: (job: ReadJob) => {
      jobs.push(job);
      setImmediate(() => onReply(answer(job)));
    },
  });
  const pool = new ReaderPool(spawn, 2);
  const server: Server = createHttpServer(
    {
      version: '1',
      log,
      writer: {
        write: async ({ bytes }: Body) => {
          bodies.push(Buffer.from(bytes).toString());
          return { status: 201, body: '[1]' };
        },
      },
      workers: { threads: pool, processes: pool, timeout: 5 },
      authenticator: undefined,
      compress: undefined,
      cors: false,
      bodyLimits: { bytes: BODY_LIMIT, idle: 200 },
      budget: new Budget(10_000),
      ...context,
    },
    QUICK,
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...{ said, jobs, bodies, port, server },
    async [Symbol.asyncDispose]() {
      pool.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A connection that keeps all that comes. */
export function client(port: number) {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let ended = false;
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    ended = true;
  });
  /** Waits for something in what has come, or for the end; the whole text. */
  const until = async (pattern: RegExp | 'end', limit = 2500): Promise<string> => {
    for (const started = performance.now(); performance.now() - started < limit; await sleep(5)) {
      if (pattern === 'end' ? ended : pattern.test(text)) return text;
    }
    throw new Error(`waited for ${pattern} in ${JSON.stringify(text)}`);
  };
  return { socket, until, [Symbol.dispose]: () => void socket.destroy() };
}

/** All that is answered to a text whose last request closes the connection. */
export async function ask(port: number, text: string): Promise<string> {
  using one = client(port);
  one.socket.write(text);
  return await one.until('end');
}

export const get = (target: string, method = 'GET', more = '') =>
  `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${more}\r\n`;
export const statusOf = (answer: string) => Number(answer.slice(9, 12));

/** The head of a POST of JSON. */
export const post = (headers: string, target = '/api/v1/record') =>
  `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n\r\n`;
