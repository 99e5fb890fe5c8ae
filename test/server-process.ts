import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The command as `npm ci` links it; CHRONOLOGER_TEST_COMMAND names another server that is to be held against the tests. */
const command =
  process.env.CHRONOLOGER_TEST_COMMAND ??
  fileURLToPath(new URL('../node_modules/.bin/chronologer', import.meta.url));

/** How long a server may take to say that it is ready. Generous: a busy machine is no failure. */
const START_LIMIT_MS = 30_000;
/** http-api.md: SIGTERM ends the server within 10 s whatever the clients do. */
const STOP_LIMIT_MS = 10_000;

export type ServerOptions = {
  environment?: 'development' | 'production';
  /** Added to an environment without any CHRONOLOGER_ variable of the caller's; $TMP in a value is the folder. */
  env?: Readonly<Record<string, string>>;
  /** After `-e environment`; default `serve -m`. */
  args?: readonly string[];
  /** The folder to work in, kept afterwards; default a fresh one, which dispose removes. */
  cwd?: string;
};

/** How a command ended and what it wrote. */
export type Ended = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string };

const running = new Set<ChildProcess>();
// A test file that fails half-way must not leave servers behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

function environmentOf(folder: string, env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    // NODE_TEST_CONTEXT would make a Node process report to the test runner instead of doing its work.
    ([name]) => !name.startsWith('CHRONOLOGER_') && name !== 'NODE_TEST_CONTEXT',
  );
  const given = Object.entries(env).map(([name, value]) => [name, value.replaceAll('$TMP', folder)]);
  return Object.fromEntries([...own, ...given]);
}

function start(args: readonly string[], folder: string, env: Readonly<Record<string, string>>) {
  const child = spawn(command, args, {
    cwd: folder,
    env: environmentOf(folder, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const written = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    written.stderr += text;
  });
  // "close" and not "exit": only then is everything read that the process wrote.
  const ended = once(child, 'close').then(([code, signal]): Ended => {
    running.delete(child);
    return { code, signal, ...written };
  });
  return { child, written, ended };
}

/** Starts a command that a test ends, or that ends by itself; not one that runs for ever. */
export function startCommand(
  args: readonly string[],
  options: { env?: Readonly<Record<string, string>>; cwd: string },
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  return start(args, options.cwd, options.env ?? {});
}

/** Runs the command until it ends by itself, such as `migrate` or a start that must fail; after 30 s it is killed. */
export async function runCommand(
  args: readonly string[],
  options: { env?: Readonly<Record<string, string>>; cwd: string },
): Promise<Ended> {
  const { child, ended } = start(args, options.cwd, options.env ?? {});
  const killer = setTimeout(() => child.kill('SIGKILL'), START_LIMIT_MS);
  const end = await ended;
  clearTimeout(killer);
  return end;
}

function addressIn(log: string): string | undefined {
  for (const line of log.split('\n')) {
    if (!line.startsWith('{') || !line.includes('"address"')) continue;
    try {
      const { address } = JSON.parse(line);
      if (typeof address === 'string') return address;
    } catch {
      // The last line may be half of one.
    }
  }
  return undefined;
}

/** A running server, which can be ended and started again on the same folder and the same port. */
export class ServerProcess {
  readonly folder: string;
  #options: ServerOptions;
  #run: ReturnType<typeof start>;
  #address = '';
  #earlierLogs = '';

  /** Use startServer, which waits until the server is ready. */
  constructor(folder: string, options: ServerOptions) {
    this.folder = folder;
    this.#options = options;
    this.#run = this.#start(options.env ?? {});
  }

  /** Such as http://127.0.0.1:43211, without a slash at the end. */
  get address(): string {
    return this.#address;
  }

  get port(): number {
    return Number(new URL(this.#address).port);
  }

  get pid(): number {
    const { pid } = this.#run.child;
    if (pid === undefined) throw new Error(`${command} cannot be started`);
    return pid;
  }

  /** Everything written to stderr so far, of earlier starts too. */
  get log(): string {
    return this.#earlierLogs + this.#run.written.stderr;
  }

  /** Resolves when the process has ended, for whatever reason. */
  get ended(): Promise<Ended> {
    return this.#run.ended;
  }

  /** SIGTERM, then waits; a server that does not end within its 10 s is killed, and that is an error. */
  async stop(): Promise<Ended> {
    const { child, ended } = this.#run;
    child.kill('SIGTERM');
    const late = sleep(STOP_LIMIT_MS + 2_000, undefined, { ref: false });
    const end = await Promise.race([ended, late]);
    if (end) return end;
    await this.kill();
    throw new Error(`the server did not end within ${STOP_LIMIT_MS} ms of SIGTERM\n${this.log}`);
  }

  /** SIGKILL, then waits. */
  async kill(): Promise<Ended> {
    this.#run.child.kill('SIGKILL');
    return this.#run.ended;
  }

  /** Starts again after stop or kill, on the same folder and port; `env` is added to what it was started with. */
  async restart(env: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#earlierLogs = this.log;
    this.#run = this.#start({ ...this.#options.env, CHRONOLOGER_PORT: String(this.port), ...env });
    await this.ready();
  }

  /** Resolves when the server has said where it listens; rejects with its log when it ends or takes 30 s. */
  async ready(): Promise<void> {
    const { child, written } = this.#run;
    const deadline = performance.now() + START_LIMIT_MS;
    while (performance.now() < deadline) {
      const address = addressIn(written.stderr);
      if (address !== undefined) {
        this.#address = address;
        return;
      }
      if (child.exitCode !== null || child.signalCode !== null) break;
      await sleep(5);
    }
    const { code, stderr, stdout } = await this.kill();
    throw new Error(`the server did not start (exit code ${code}):\n${stdout}${stderr}`);
  }

  /** Kills the server if it runs, and removes its folder unless the caller named one. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    if (this.#options.cwd === undefined) await rm(this.folder, { recursive: true, force: true });
  }

  #start(env: Readonly<Record<string, string>>): ReturnType<typeof start> {
    const { environment = 'production', args = ['serve', '-m'] } = this.#options;
    const standard = { CHRONOLOGER_HOST: '127.0.0.1', CHRONOLOGER_PORT: '0' };
    return start(['-e', environment, ...args], this.folder, { ...standard, ...env });
  }
}

/** A fresh empty folder for a server. */
export async function freshFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'chronologer-test-'));
}

/**
 * Starts `chronologer -e production serve -m` on loopback and a free port, and waits until it is ready.
 * `await using server = await startServer({})` ends it with the block.
 */
export async function startServer(options: ServerOptions = {}): Promise<ServerProcess> {
  const server = new ServerProcess(options.cwd ?? (await freshFolder()), options);
  try {
    await server.ready();
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return server;
}
