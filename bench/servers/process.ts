import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kind, Side } from './kinds.ts';
import { type StorePlace, sqlitePlace, storeFolder } from './place.ts';

const root = new URL('../..', import.meta.url).pathname;

/** Basic credentials of the one user, `logger`, whose password is empty on both sides. */
export const AUTHORIZATION = `Basic ${Buffer.from('logger:').toString('base64')}`;

export type RunningServer = {
  side: Side;
  pid: number;
  port: number;
  /** Holds the store's files and nothing else. */
  folder: string;
  /** From the start of the process to the first answer of /health. */
  startMilliseconds: number;
  /** Stops the server and leaves its files; twice is once. */
  stop(): Promise<void>;
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

/** A new folder under .cache, on the disk of the project: a temporary folder may lie in memory. */
export async function benchFolder(prefix: string): Promise<string> {
  const parent = join(root, '.cache', 'bench');
  await mkdir(parent, { recursive: true });
  return mkdtemp(join(parent, `${prefix}-`));
}

/** Removes what benchFolder made. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

function healthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const answered = get({ host: '127.0.0.1', port, path: '/health', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    answered.on('error', () => resolve(false));
  });
}

function environment(port: number, { dsn, environment: own }: StorePlace): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...own,
    CHRONOLOGER_HOST: '127.0.0.1',
    CHRONOLOGER_PORT: String(port),
    CHRONOLOGER_STORAGE_DSN: dsn,
    CHRONOLOGER_USERNAME: 'logger',
    CHRONOLOGER_PASSWORD: '',
    CHRONOLOGER_ROLES: 'basic-reader query-reader writer',
    CHRONOLOGER_SECRET: 'only for measuring',
    // A query over 10,000,000 records on a machine that others use too takes longer than the usual 30.
    CHRONOLOGER_QUERY_TIMEOUT: '300',
  };
}

/**
 * Starts a server in production with -m on a folder, and waits until it answers (at most 30 s).
 * Both sides get the same environment and write their own log to a file there, as they would under a supervisor.
 * `place`: where its records are, by default in that folder.
 */
export async function startServer(kind: Kind, folder: string, place?: StorePlace): Promise<RunningServer> {
  const args = [...kind.args, '-e', 'production', 'serve', '-m'];
  const where = place ?? (await sqlitePlace(folder));
  const started = await startCommand(
    kind.command,
    (port, store) => (kind.side === 'victorialogs' ? victoriaLogsArguments(port, store) : args),
    folder,
    { ...where, environment: { ...where.environment, ...kind.environment } },
  );
  return { side: kind.side, ...started };
}

/** Records of any age are taken; by default those older than a week are dropped. */
function victoriaLogsArguments(port: number, store: string): string[] {
  return [`-httpListenAddr=127.0.0.1:${port}`, `-storageDataPath=${store}`, '-retentionPeriod=100y'];
}

/** Starts any command that will answer /health on the port it is told, in its arguments or its environment. */
async function startCommand(
  command: string,
  args: (port: number, store: string) => readonly string[],
  folder: string,
  place: StorePlace,
): Promise<Omit<RunningServer, 'side'>> {
  const port = await freePort();
  const store = storeFolder(folder);
  await mkdir(store, { recursive: true });
  const log = await open(join(folder, 'server.log'), 'a');
  const started = performance.now();
  const child = spawn(command, args(port, store), {
    cwd: folder,
    env: environment(port, place),
    stdio: ['ignore', log.fd, log.fd],
  });
  const ended = once(child, 'exit');
  await log.close();
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${command} cannot be started`);
  const stop = async () => {
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(killer);
  };
  while (!(await healthy(port))) {
    if (child.exitCode !== null || performance.now() - started > 30_000) {
      await stop();
      throw new Error(`${command} did not start:\n${await readFile(join(folder, 'server.log'), 'utf8')}`);
    }
    await sleep(2);
  }
  const startMilliseconds = performance.now() - started;
  return { pid, port, folder: store, startMilliseconds, stop };
}
