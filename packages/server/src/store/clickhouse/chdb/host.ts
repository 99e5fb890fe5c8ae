import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../../store.ts';
import type { ChdbReply, ChdbStart } from './chdb-process.ts';
import { makeFolder, refuseForeign } from './folder.ts';

/** Longer names cut off on Linux and macOS (sun_path), in bytes. */
const LONGEST_SOCKET = 103;
/** How long another process may take to leave the folder, such as that of a server which was just killed, in milliseconds. */
const LOCK_WAIT = 10_000;
/** How long the process may take to end when asked to, in milliseconds. */
const END_WAIT = 5_000;
/** How often the process is asked whether it is there, in milliseconds; */
const PING_EVERY = 1000;
/**
 * and for how many times as long it may be silent. Beside inserts of 50 MB and four heavy questions on 2 busy cores it took
 * 3 seconds at most. Counted and not measured: a machine that slept was not silent for so long.
 */
const MOST_SILENT = 10;
/** Threads that wait for the engine; one for each session, and some for files. */
const THREADS = 10;

/** The socket of a folder's process, by the shorter of its names. Throws an Error when both are too long. */
export function socketOf(folder: string): string {
  const path = resolve(folder, 'chronologer.sock');
  const short = [path, relative('', path)].find((name) => Buffer.byteLength(name) <= LONGEST_SOCKET);
  if (short === undefined) throw new Error(`the folder's path is too long for a socket in it: ${folder}`);
  return short;
}

/** Starts the process that keeps chdb, starts it anew when it ends by itself or answers no more, and ends it. */
export class ChdbHost {
  readonly #start: ChdbStart;
  readonly #report: Report;
  #child: ChildProcess | undefined;
  #stopped = false;
  /** Where it listens, unless on a socket. */
  port: number | undefined;

  constructor(start: ChdbStart, report: Report) {
    this.#start = start;
    this.#report = report;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Rejects with an Error that says why chdb cannot be used. */
  async start(): Promise<void> {
    makeFolder(this.#start.folder);
    refuseForeign(this.#start.folder);
    const deadline = performance.now() + LOCK_WAIT;
    for (;;) {
      const failure = await this.#try();
      if (failure === undefined) return;
      if (!/cannot lock/i.test(failure) || performance.now() > deadline) throw new Error(failure);
      await sleep(100);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.send('stop', () => undefined);
    const timer = setTimeout(() => child.kill('SIGKILL'), END_WAIT);
    await ended;
    clearTimeout(timer);
  }

  /** Why the process could not start; undefined when it runs. */
  async #try(): Promise<string | undefined> {
    const child = fork(new URL('./chdb-process.ts', import.meta.url), [JSON.stringify(this.#start)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, UV_THREADPOOL_SIZE: String(THREADS) },
    });
    // One that answers no more does not see that its server ends, and would keep the folder for itself.
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
    const reply = await new Promise<ChdbReply>((done) => {
      child.once('message', (message) => done(message as ChdbReply));
      child.once('error', (error) => done({ failure: error.message }));
      child.once('exit', (code, signal) => done({ failure: `chdb ended with ${signal ?? code}: ${said}` }));
    });
    if (!('ready' in reply)) {
      child.kill('SIGKILL');
      // chdb writes its reason and throws another one.
      return /DB::Exception: .*/.exec(said)?.[0] ?? ('failure' in reply ? reply.failure : reply.stuck);
    }
    if (this.#stopped) {
      child.kill('SIGKILL');
      return 'it was stopped meanwhile';
    }
    this.#child = child;
    this.port = reply.ready.port;
    child.on('message', (message: ChdbReply) => {
      if ('stuck' in message) this.#end(child, message.stuck);
    });
    child.once('exit', (code, signal) => void this.#revive(signal ?? code));
    // It is no reason for this process to live.
    child.unref();
    child.channel?.unref();
    child.stderr?.destroy();
    void this.#watch(child);
    return undefined;
  }

  async #watch(child: ChildProcess): Promise<void> {
    do {
      await sleep(PING_EVERY, undefined, { ref: false });
      if (this.#stopped || this.#child !== child) return;
    } while (await this.#answers());
    this.#end(child, 'it does not answer');
  }

  /** Errors are answers: they come at once, and may be this process's own, such as too many open files. */
  async #answers(): Promise<boolean> {
    const where =
      this.#start.socket === undefined
        ? { host: '127.0.0.1', port: this.port }
        : { socketPath: this.#start.socket };
    const ping = request({ ...where, path: '/ping', agent: false });
    let hasAnswered = false;
    const answered = () => {
      hasAnswered = true;
    };
    ping.on('socket', (socket) => socket.unref());
    ping.on('error', answered);
    ping.on('response', (response) => {
      response.resume();
      answered();
    });
    ping.end();
    for (let tick = 0; tick < MOST_SILENT && !hasAnswered; tick++) {
      await sleep(PING_EVERY, undefined, { ref: false });
    }
    if (!hasAnswered) ping.destroy();
    return hasAnswered;
  }

  /** Nothing is lost: what it was told is stored is on the disk, and inserts under way are sent again. */
  #end(child: ChildProcess, why: string): void {
    if (this.#stopped || child.signalCode !== null) return;
    this.#report(`chdb is ended: ${why}`);
    child.kill('SIGKILL');
  }

  async #revive(reason: string | number | null): Promise<void> {
    for (let wait = 100; !this.#stopped; wait = Math.min(2 * wait, 5000)) {
      this.#report(`chdb ended with ${reason} and is started again`);
      const failure = await this.#try();
      if (failure === undefined) return;
      this.#report(`chdb cannot be started: ${failure}`);
      await sleep(wait, undefined, { ref: false });
    }
  }
}
