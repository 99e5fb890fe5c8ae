import { type LogRecord, RecordError } from '@chronologer/record';
import { ApiError } from '../errors.ts';
import { type Answer, errorAnswer, type Failure, listAnswer, recordAnswer } from '../ingest/answer.ts';
import { type Body, decode, isSingle } from '../ingest/decode.ts';
import type { PackedGroup } from '../ingest/packing.ts';
import type { StoreWriter } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';

/** Bytes of bodies after which what was decoded is committed, so that a transaction stays short and memory bounded. */
const COMMIT_BYTES = 8_388_608;
/** For so long what a store refuses is looked for among what it takes, in milliseconds; others wait for it. */
const SEARCH_FOR = 5000;

/** A body on its way into the store. */
interface Entry {
  readonly id: number;
  readonly body: Body;
  readonly ids: number[];
  /** Of a single record, for the answer. */
  record: LogRecord | undefined;
  error: Failure | undefined;
}

/** What was packed already, and who waits for its ids or for why there are none. */
export interface WaitingGroup {
  readonly group: PackedGroup;
  done(ids: readonly (readonly number[])[] | StoreError): void;
}

/** A chunk that waits for the next commit. */
interface Waiting {
  readonly entry: Entry;
  readonly records: readonly LogRecord[];
}

/** What is stored as a whole or not at all. */
type Part = Waiting | WaitingGroup;

/**
 * Group commit: bodies are decoded and stored in one transaction for all that came while the last one was written to
 * the disk. An answer is made only when all chunks of its body are stored or have failed.
 */
export class WriteQueue {
  readonly #store: StoreWriter;
  readonly #log: (message: string) => void;

  constructor(store: StoreWriter, log: (message: string) => void) {
    this.#store = store;
    this.#log = log;
  }

  /**
   * Stores bodies, and groups with the last of them, and gives the answer to each body, in order. Throws only what is a
   * bug of the store.
   */
  async write(
    bodies: readonly (readonly [id: number, body: Body])[],
    groups: readonly WaitingGroup[] = [],
  ): Promise<[number, Answer][]> {
    const entries = bodies.map(
      ([id, body]): Entry => ({ id, body, ids: [], record: undefined, error: undefined }),
    );
    let waiting: Waiting[] = [];
    let size = 0;
    for (const entry of entries) {
      const chunks = decode(entry.body);
      for (;;) {
        const records = this.#next(chunks, entry);
        if (records === undefined) break;
        waiting.push({ entry, records });
        size += sizeOf(records);
        if (size < COMMIT_BYTES) continue;
        await this.#commit(waiting);
        waiting = [];
        size = 0;
        if (entry.error !== undefined) break;
      }
    }
    await this.#commit(waiting, groups);
    return entries.map((entry) => [entry.id, answerOf(entry)]);
  }

  #next(chunks: Iterator<{ records: readonly LogRecord[] }>, entry: Entry): readonly LogRecord[] | undefined {
    try {
      const { done, value } = chunks.next();
      if (done === true) return undefined;
      if (isSingle(entry.body)) entry.record = value.records[0];
      return value.records;
    } catch (error) {
      entry.error = error instanceof RecordError ? error : this.#bug(error);
      return undefined;
    }
  }

  /** One client's body must not end the thread that writes for all: a bug in decoding is an answer to that client alone. */
  #bug(error: unknown): ApiError {
    this.#log(`A body could not be decoded: ${error instanceof Error ? error.stack : error}`);
    return new ApiError('internal');
  }

  /**
   * Stores all in one transaction. When the store refuses something of it and is well itself, both halves are tried, and
   * theirs, so that only what is refused fails; in order, so that the ids of a body ascend.
   */
  async #commit(waiting: readonly Waiting[], groups: readonly WaitingGroup[] = []): Promise<void> {
    const untried: (readonly Part[])[] = [[...waiting, ...groups]];
    const lost = new Set<Entry>();
    const until = performance.now() + SEARCH_FOR;
    for (let next = untried.pop(); next !== undefined; next = untried.pop()) {
      // Of a body nothing is stored behind what is lost of it.
      const parts = next.filter((part) => !('entry' in part && lost.has(part.entry)));
      const error = parts.length === 0 ? undefined : await this.#insert(parts);
      if (error === undefined) continue;
      if (error.fault === 'refused' && parts.length > 1 && performance.now() < until) {
        const middle = Math.ceil(parts.length / 2);
        untried.push(parts.slice(middle), parts.slice(0, middle));
        continue;
      }
      this.#log(
        `${error.message} (${error.cause instanceof Error ? error.cause.message : 'no further detail'})`,
      );
      // A store that is away would be waited for with each part.
      const failed = error.fault === 'refused' ? parts : [...parts, ...untried.splice(0).flat()];
      for (const part of failed) lose(part, error, lost);
    }
  }

  /** Stores all or nothing; undefined when it is stored, else why not. */
  async #insert(parts: readonly Part[]): Promise<StoreError | undefined> {
    const waiting = parts.filter((part) => 'entry' in part);
    const groups = parts.filter((part) => 'group' in part);
    try {
      const ids = await this.#store.insert(
        waiting.map(({ records }) => records),
        groups.flatMap(({ group }) => group),
      );
      waiting.forEach(({ entry }, index) => {
        for (const id of ids[index] ?? []) entry.ids.push(id);
      });
      let at = waiting.length;
      for (const { group, done } of groups) {
        done(ids.slice(at, at + group.length));
        at += group.length;
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return error;
    }
  }
}

function lose(part: Part, error: StoreError, lost: Set<Entry>): void {
  if ('group' in part) part.done(error);
  else {
    // A body that was wrong behind the lost chunks too is answered for what it lost: it may be sent again.
    part.entry.error = error;
    lost.add(part.entry);
  }
}

function sizeOf(records: readonly LogRecord[]): number {
  return records.reduce((size, { logrec, message }) => size + logrec.length + message.length + 100, 0);
}

function answerOf({ body, ids, record, error }: Entry): Answer {
  if (!isSingle(body)) return listAnswer(ids, error, body.type);
  const [id] = ids;
  if (record !== undefined && id !== undefined) return recordAnswer(record, id);
  return errorAnswer(error ?? new StoreError('unavailable', 'The store failed'));
}
