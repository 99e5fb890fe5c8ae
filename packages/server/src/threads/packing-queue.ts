import { RecordError } from '@chronologer/record';
import { ApiError } from '../errors.ts';
import { type Answer, type Failure, listAnswer } from '../ingest/answer.ts';
import type { Body } from '../ingest/decode.ts';
import { type PackedGroup, Packing } from '../ingest/packing.ts';
import type { RecordPacker } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';

/** Bodies that are packed while others wait for the disk; more would only be more memory. */
const AT_ONCE = 2;

/** Stores a group: all of it or, with a StoreError, nothing. The ids of each batch. */
export type InsertGroup = (group: PackedGroup) => Promise<readonly (readonly number[])[]>;

/** Packs bodies and has them stored; while one waits for the disk, the next is packed. */
export class PackingQueue {
  readonly #packing: Packing;
  readonly #insert: InsertGroup;
  readonly #log: (message: string) => void;
  readonly #waiting: (() => void)[] = [];
  #active = 0;

  constructor(packer: RecordPacker, insert: InsertGroup, log: (message: string) => void) {
    this.#packing = new Packing(packer);
    this.#insert = insert;
    this.#log = log;
  }

  /** The answer to a body, an NDJSON document, when all of it is stored or refused. Its memory is given back. */
  async write(body: Body): Promise<Answer> {
    if (this.#active >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#active++;
    try {
      return await this.#write(body);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#active--;
      else next();
    }
  }

  async #write(body: Body): Promise<Answer> {
    const ids: number[] = [];
    let error: Failure | undefined;
    try {
      for (const group of this.#packing.pack(body)) {
        for (const batch of await this.#insert(group)) for (const id of batch) ids.push(id);
      }
    } catch (fault) {
      error = fault instanceof RecordError || fault instanceof StoreError ? fault : this.#bug(fault);
    }
    // Freed now and not when the collector comes round: under load that is a hundred megabytes.
    body.bytes.buffer.transfer(0);
    return listAnswer(ids, error, 'ndjson');
  }

  /** One client's body must not end the thread that packs for all: a bug is an answer to that client alone. */
  #bug(error: unknown): ApiError {
    this.#log(`A body could not be packed: ${error instanceof Error ? error.stack : error}`);
    return new ApiError('internal');
  }
}
