import { fork } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import type { ReadJob, ReadReply, ReadRequest, WorkerSetup } from './messages.ts';

/** A reading worker as its pool sees it. */
export interface Channel {
  /** Starts a job; its reply comes to `onReply`. */
  send(job: ReadJob): void;
  /** True when `kill` ends even a job that runs. */
  readonly killable: boolean;
  kill(): void;
  /** Asks for the end of the job that runs; its reply comes all the same, soon where the store can stop. */
  cancel?(): void;
}

/** Makes a worker. `onEnd` is called when it ends without being killed. */
export type Spawn = (onReply: (reply: ReadReply) => void, onEnd: (reason: string) => void) => Channel;

/** A page's texts are garbage as soon as it is sent: more room for them is only more memory before it is collected. */
const YOUNG_MEGABYTES = 8;

/**
 * With a bound of up to 2 GiB V8 collects when the heap has grown by some 60 % since the last time, and without one only
 * when it is four times as large. Sixteen times the largest body are enough for a record of nothing but `%01` in UTF-16,
 * its JSON text, and a copy of that.
 */
const LEAST_OLD_MEGABYTES = 1024;
const OLD_BYTES_A_BODY_BYTE = 16;

/** Nor does a walk through all blocks leave more behind that is worth waiting for. */
const QUERY_YOUNG_MEGABYTES = 2;

/**
 * Workers in threads of this process: quick, but a statement that runs is stopped only by a store that can do so.
 * `bodyLimit`: bytes of the largest body that is taken.
 */
export function threadSpawner(setup: WorkerSetup, bodyLimit: number): Spawn {
  const resourceLimits = {
    maxYoungGenerationSizeMb: YOUNG_MEGABYTES,
    maxOldGenerationSizeMb: Math.max(LEAST_OLD_MEGABYTES, (OLD_BYTES_A_BODY_BYTE * bodyLimit) / 2 ** 20),
  };
  return (onReply, onEnd) => {
    const worker = new Worker(new URL('./reader-thread.ts', import.meta.url), {
      workerData: setup,
      resourceLimits,
    });
    worker.on('message', onReply);
    worker.on('error', (error: Error) => onEnd(error.message));
    worker.on('exit', (code) => onEnd(`a reading thread ended with code ${code}`));
    worker.unref();
    return {
      send: (job) => worker.postMessage(job),
      killable: false,
      kill: () => void worker.terminate(),
      cancel: () => worker.postMessage({ kind: 'cancel' } satisfies ReadRequest),
    };
  };
}

/** Workers in processes of their own, which can be killed at any moment. */
export function processSpawner(setup: WorkerSetup): Spawn {
  return (onReply, onEnd) => {
    const child = fork(new URL('./query-process.ts', import.meta.url), [setup.dsn, String(process.pid)], {
      serialization: 'advanced',
      execArgv: [`--max-semi-space-size=${QUERY_YOUNG_MEGABYTES}`],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.on('message', (reply) => onReply(reply as ReadReply));
    child.on('error', (error) => onEnd(error.message));
    child.on('exit', (code, signal) => onEnd(`a query process ended with ${signal ?? code}`));
    child.unref();
    child.channel?.unref();
    return {
      // A send to a process that has just died fails: its exit is reported by itself.
      send: (job) => void child.send(job, () => undefined),
      killable: true,
      kill: () => void child.kill('SIGKILL'),
    };
  };
}
