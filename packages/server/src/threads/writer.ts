import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Answer } from '../ingest/answer.ts';
import type { Body } from '../ingest/decode.ts';
import type { Logger } from '../log.ts';
import { openEngine } from '../store/engines.ts';
import type { PackerStart, WorkerSetup, WriterReply, WriterRequest, WriterStart } from './messages.ts';

/** NDJSON bodies of so many bytes are packed before they come to the writing thread: enough records for a batch. */
const LARGE_BODY = 131_072;

/** Records become garbage as soon as they are stored: more room for them is only more memory before it is collected. */
const YOUNG_MEGABYTES = 8;

/** While one body is packed, another need not wait: with two connections that is a tenth more. */
const PACKERS = Math.min(2, availableParallelism());

/** A thread that packs, and how many bytes of bodies it has to do. */
interface Packer {
  readonly thread: Worker;
  bytes: number;
}

/** The writing thread, and those that pack large bodies for it, as the main thread sees them. */
export class Writer {
  readonly #log: Logger;
  readonly #writing: Worker;
  readonly #packers: readonly Packer[];
  readonly #pending = new Map<number, (answer: Answer) => void>();
  #lastId = 0;
  #closed: (() => void) | undefined;

  private constructor(setup: WorkerSetup, log: Logger) {
    this.#log = log;
    const packs = openEngine(setup.dsn).openPacker !== undefined;
    const channels = Array.from({ length: packs ? PACKERS : 0 }, () => new MessageChannel());
    const packers = channels.map(({ port1 }) => port1);
    this.#writing = startThread('./writer-thread.ts', { setup, packers }, packers);
    this.#packers = channels.map(({ port2: writer }) => {
      return { thread: startThread('./packer-thread.ts', { setup, writer }, [writer]), bytes: 0 };
    });
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
    return [...this.#packers.map(({ thread }) => thread), this.#writing];
  }

  /** Hands a body over, its bytes with it: they cannot be used afterwards. Resolves when it is stored or refused. */
  async write({ type, raw, now, bytes }: Body): Promise<Answer> {
    const id = ++this.#lastId;
    const { length } = bytes;
    const packer = type === 'ndjson' && length >= LARGE_BODY ? this.#idlest() : undefined;
    if (packer !== undefined) packer.bytes += length;
    const request: WriterRequest = { kind: 'write', id, type, raw, now, bytes };
    const answer = await new Promise<Answer>((resolve) => {
      this.#pending.set(id, resolve);
      (packer?.thread ?? this.#writing).postMessage(request, [bytes.buffer]);
    });
    if (packer !== undefined) packer.bytes -= length;
    return answer;
  }

  #idlest(): Packer | undefined {
    return this.#packers.reduce<Packer | undefined>(
      (least, each) => (least === undefined || each.bytes < least.bytes ? each : least),
      undefined,
    );
  }

  /** Stores what was handed over, closes the store and ends the threads: first those that pack, which need the other. */
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

function startThread(file: string, start: WriterStart | PackerStart, ports: readonly MessagePort[]): Worker {
  return new Worker(new URL(file, import.meta.url), {
    workerData: start,
    transferList: [...ports],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
  });
}
