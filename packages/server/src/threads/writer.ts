import { MessageChannel, Worker } from 'node:worker_threads';
import type { Answer } from '../ingest/answer.ts';
import type { Body } from '../ingest/decode.ts';
import type { Logger } from '../log.ts';
import { openEngine } from '../store/engines.ts';
import type { PackerStart, WorkerSetup, WriterReply, WriterRequest, WriterStart } from './messages.ts';

/** NDJSON bodies of so many bytes are packed before they come to the writing thread: enough records for a batch. */
const LARGE_BODY = 131_072;

/** Records become garbage as soon as they are stored: more room for them is only more memory before it is collected. */
const YOUNG_MEGABYTES = 8;

/** The writing thread, and the one that packs large bodies for it, as the main thread sees them. */
export class Writer {
  readonly #log: Logger;
  readonly #writing: Worker;
  readonly #packing: Worker | undefined;
  readonly #pending = new Map<number, (answer: Answer) => void>();
  #lastId = 0;
  #closed: (() => void) | undefined;

  private constructor(setup: WorkerSetup, log: Logger) {
    this.#log = log;
    const packs = openEngine(setup.dsn).openPacker !== undefined;
    const { port1: packer, port2: writer } = new MessageChannel();
    this.#writing = startThread('./writer-thread.ts', packs ? { setup, packer } : { setup });
    if (packs) this.#packing = startThread('./packer-thread.ts', { setup, writer });
  }

  /**
   * Starts the threads and waits until the store is open. `onDeath` is called if one ends by itself afterwards: then
   * nothing can be written any more, and the process has to end.
   */
  static async start(setup: WorkerSetup, log: Logger, onDeath: (error: Error) => void): Promise<Writer> {
    const writer = new Writer(setup, log);
    try {
      await Promise.all(writer.#threads.map((thread) => writer.#ready(thread)));
    } catch (error) {
      for (const thread of writer.#threads) void thread.terminate();
      throw error;
    }
    for (const thread of writer.#threads) thread.on('error', onDeath);
    return writer;
  }

  #ready(thread: Worker): Promise<void> {
    return new Promise((resolve, reject) => {
      thread.on('message', (reply: WriterReply) => {
        if (reply.kind === 'ready') resolve();
        else this.#receive(reply);
      });
      thread.once('error', reject);
    });
  }

  get #threads(): Worker[] {
    return this.#packing === undefined ? [this.#writing] : [this.#packing, this.#writing];
  }

  /** Hands a body over, its bytes with it: they cannot be used afterwards. Resolves when it is stored or refused. */
  write({ type, raw, now, bytes }: Body): Promise<Answer> {
    const id = ++this.#lastId;
    const request: WriterRequest = { kind: 'write', id, type, raw, now, bytes };
    const isLarge = type === 'ndjson' && bytes.length >= LARGE_BODY;
    const thread = isLarge && this.#packing !== undefined ? this.#packing : this.#writing;
    return new Promise((resolve) => {
      this.#pending.set(id, resolve);
      thread.postMessage(request, [bytes.buffer]);
    });
  }

  /** Stores what was handed over, closes the store and ends the threads: the packing one first, which needs the other. */
  async close(): Promise<void> {
    for (const thread of this.#threads) {
      await new Promise<void>((resolve) => {
        this.#closed = resolve;
        thread.postMessage({ kind: 'close' } satisfies WriterRequest);
      });
      await thread.terminate();
    }
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

function startThread(file: string, start: WriterStart | PackerStart): Worker {
  const ports = 'writer' in start ? [start.writer] : start.packer === undefined ? [] : [start.packer];
  return new Worker(new URL(file, import.meta.url), {
    workerData: start,
    transferList: ports,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
  });
}
