import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Answer } from '../ingest/answer.ts';
import type { Body } from '../ingest/decode.ts';
import type { Logger } from '../log.ts';
import { openEngine } from '../store/engines.ts';
import type { PackerStart, WorkerSetup, WriterReply, WriterRequest } from './messages.ts';

/** NDJSON bodies of so many bytes are packed before they come to the writing thread: enough records for a batch. */
const LARGE_BODY = 131_072;

/** Records become garbage as soon as they are stored: more room for them is only more memory before it is collected. */
const YOUNG_MEGABYTES = 4;

/** While one body is packed, another need not wait: with two connections that is a tenth more. */
const PACKERS = Math.min(2, availableParallelism());

/** A thread that packs, and how many bytes of bodies it has to do. */
interface Packer {
  readonly thread: Worker;
  bytes: number;
}

/**
 * The writing thread, and those that pack large bodies for it, as the main thread sees them. The latter are started when
 * there is something for them: many servers never get a large body, and each takes memory and time to start.
 */
export class Writer {
  readonly #setup: WorkerSetup;
  readonly #log: Logger;
  readonly #onDeath: (error: Error) => void;
  readonly #writing: Worker;
  readonly #packs: boolean;
  readonly #packers: Packer[] = [];
  readonly #pending = new Map<number, (answer: Answer) => void>();
  #lastId = 0;
  #closed: (() => void) | undefined;

  private constructor(setup: WorkerSetup, log: Logger, onDeath: (error: Error) => void) {
    this.#setup = setup;
    this.#log = log;
    this.#onDeath = onDeath;
    this.#packs = openEngine(setup.dsn).openPacker !== undefined;
    this.#writing = startThread('./writer-thread.ts', setup);
  }

  /**
   * Starts the writing thread and waits until it has opened the store. `onDeath` is called if a thread ends by itself
   * afterwards: then nothing can be written any more, and the process has to end.
   */
  static async start(setup: WorkerSetup, log: Logger, onDeath: (error: Error) => void): Promise<Writer> {
    const writer = new Writer(setup, log, onDeath);
    const thread = writer.#writing;
    await new Promise<void>((resolve, reject) => {
      thread.on('message', (reply: WriterReply) => {
        if (reply.kind === 'ready') resolve();
        else writer.#receive(reply);
      });
      thread.once('error', reject);
    });
    thread.on('error', onDeath);
    return writer;
  }

  /** Hands a body over, its bytes with it: they cannot be used afterwards. Resolves when it is stored or refused. */
  async write({ type, raw, now, bytes }: Body): Promise<Answer> {
    const id = ++this.#lastId;
    const { length } = bytes;
    const packer = this.#packs && type === 'ndjson' && length >= LARGE_BODY ? this.#packer() : undefined;
    if (packer !== undefined) packer.bytes += length;
    const request: WriterRequest = { kind: 'write', id, type, raw, now, bytes };
    const answer = await new Promise<Answer>((resolve) => {
      this.#pending.set(id, resolve);
      (packer?.thread ?? this.#writing).postMessage(request, [bytes.buffer]);
    });
    if (packer !== undefined) packer.bytes -= length;
    return answer;
  }

  /** The one with the least to do; a new one while all have something to do and there may be more. */
  #packer(): Packer {
    const [least] = this.#packers.toSorted((a, b) => a.bytes - b.bytes);
    return least === undefined || (least.bytes > 0 && this.#packers.length < PACKERS)
      ? this.#startPacker()
      : least;
  }

  #startPacker(): Packer {
    const { port1, port2: writer } = new MessageChannel();
    this.#writing.postMessage({ kind: 'packer', port: port1 } satisfies WriterRequest, [port1]);
    const start: PackerStart = { setup: this.#setup, writer };
    const thread = startThread('./packer-thread.ts', start, [writer]);
    thread.on('message', (reply: WriterReply) => this.#receive(reply));
    thread.on('error', this.#onDeath);
    const packer = { thread, bytes: 0 };
    this.#packers.push(packer);
    return packer;
  }

  /** Has what waits for a store that is elsewhere answered now, with an error: the process has to end. */
  giveUp(): void {
    this.#writing.postMessage({ kind: 'giveUp' } satisfies WriterRequest);
  }

  /** Stores what was handed over, closes the store and ends the threads: first those that pack, which need the other. */
  async close(): Promise<void> {
    for (const thread of [...this.#packers.map((packer) => packer.thread), this.#writing]) {
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

function startThread(
  file: string,
  start: WorkerSetup | PackerStart,
  ports: readonly MessagePort[] = [],
): Worker {
  return new Worker(new URL(file, import.meta.url), {
    workerData: start,
    transferList: [...ports],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
  });
}
