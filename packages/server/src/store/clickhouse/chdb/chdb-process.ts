/**
 * The process that keeps chdb. An engine of its own and not a thread: a folder belongs to one process, and threads that
 * use chdb and then end (idle readers do) leave it hanging for all others, seen with chdb 3.4.0. What goes wrong in it,
 * memory included, is not the server's end either.
 */
import { chmodSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { loadChdb } from './engine-package.ts';
import { type Credentials, createHttpInterface } from './http-interface.ts';
import { Sessions } from './sessions.ts';

/** What the process is started with, as JSON. Without a socket it listens on a free port of the loopback. */
export interface ChdbStart {
  readonly folder: string;
  readonly socket?: string;
  readonly credentials?: Credentials;
}

/** Process → who started it. `stuck`: it is to be ended. The other way there is nothing but `stop`. */
export type ChdbReply =
  | { readonly ready: { readonly port?: number } }
  | { readonly failure: string }
  | { readonly stuck: string };

const { folder, socket, credentials }: ChdbStart = JSON.parse(process.argv[2] ?? '{}');
const reply = (message: ChdbReply) => process.send?.(message);

// Who started it decides when it ends: a terminal's Ctrl+C and a service manager's SIGTERM reach the whole group.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// A server that was killed tells nobody: what it was told is stored is on the disk.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

try {
  const { Session } = loadChdb();
  const sessions = new Sessions(() => new Session(folder));
  // Left behind by a process that was killed: the folder is open, so there is no other one now.
  if (socket !== undefined) rmSync(socket, { force: true });
  const server = createHttpInterface(
    sessions,
    () => reply({ stuck: 'a question that was given up does not end' }),
    credentials,
  );
  server.on('error', (error) => reply({ failure: error.message }));
  server.keepAliveTimeout = 60_000;
  process.on('message', () => {
    // Not by closing: that waits for merges, which may take minutes, and a merge that is broken off begins anew.
    server.close(() => process.kill(process.pid, 'SIGKILL'));
    server.closeIdleConnections();
  });
  const listening = () => {
    if (socket !== undefined) chmodSync(socket, 0o600);
    const { port } = (socket === undefined ? server.address() : {}) as Partial<AddressInfo>;
    reply({ ready: port === undefined ? {} : { port } });
  };
  if (socket === undefined) server.listen({ host: '127.0.0.1', port: 0 }, listening);
  else server.listen({ path: socket }, listening);
} catch (error) {
  reply({ failure: error instanceof Error ? error.message : String(error) });
}
