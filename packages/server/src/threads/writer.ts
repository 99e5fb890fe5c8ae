import { Worker } from 'node:worker_threads';
import type { Answer } from '../ingest/answer.ts';
import type { Body } from '../ingest/decode.ts';
import type { Logger } from '../log.ts';
import type { WorkerSetup, WriterReply, WriterRequest } from './messages.ts';

/** The writing thread as the main thread sees it. */
export class Writer {
  readonly #worker: Worker;
  readonly #log: Logger;
  readonly #pending = new Map<number, (answer: Answer) => void>();
  #lastId = 0;
  #closed: (() => void) | undefined;

  private constructor(worker: Worker, log: Logger) {
    this.#worker = worker;
    this.#log = log;
  }

  /**
   * Starts the thread and waits until it has opened the store. `onDeath` is called if it ends by itself afterwards: then
   * nothing can be written any more, and the process has to end.
   */
  static async start(setup: WorkerSetup, log: Logger, onDeath: (error: Error) => void): Promise<Writer> {
    const worker = new Worker(new URL('./writer-thread.ts', import.meta.url), { workerData: setup });
    const writer = new Writer(worker, log);
    await new Promise<void>((resolve, reject) => {
      worker.on('message', (reply: WriterReply) => {
        if (reply.kind === 'ready') resolve();
        else writer.#receive(reply);
      });
      worker.once('error', reject);
    });
    worker.on('error', onDeath);
    return writer;
  }

  /** Hands a body over, its bytes with it: they cannot be used afterwards. Resolves when it is stored or refused. */
  write({ type, raw, now, bytes }: Body): Promise<Answer> {
    const id = ++this.#lastId;
    const request: WriterRequest = { kind: 'write', id, type, raw, now, bytes };
    return new Promise((resolve) => {
      this.#pending.set(id, resolve);
      this.#worker.postMessage(request, [bytes.buffer]);
    });
  }

  /** Stores what was handed over, closes the store and ends the thread. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#closed = resolve;
      this.#worker.postMessage({ kind: 'close' } satisfies WriterRequest);
    });
    await this.#worker.terminate();
  }

  #receive(reply: WriterReply): void {
    if (reply.kind === 'log') this.#log[reply.level](reply.message);
    else if (reply.kind === 'closed') this.#closed?.();
    else if (reply.kind === 'written') {
      for (const [id, answer] of reply.answers) {
        this.#pending.get(id)?.(answer);
        this.#pending.delete(id);
      }
    }
  }
}
