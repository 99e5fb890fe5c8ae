import type { MessagePort } from 'node:worker_threads';
import type { Answer } from '../ingest/answer.ts';
import type { ContentType } from '../ingest/decode.ts';
import type { PackedGroup } from '../ingest/packing.ts';
import type { Cursor, Filter, Found, Group, Page, Period, Records, SearchStep } from '../store/store.ts';
import type { StoreFault } from '../store/store-error.ts';

/** What a packing thread is started with. */
export interface PackerStart {
  readonly setup: WorkerSetup;
  /** Where InsertRequests go to. */
  readonly writer: MessagePort;
}

/** A packing thread → writing thread, and back. */
export interface InsertRequest {
  readonly number: number;
  readonly group: PackedGroup;
}
export type InsertReply = { readonly number: number } & (
  | { readonly ids: readonly (readonly number[])[] }
  | { readonly fault: StoreFault; readonly message: string }
);

/** Main thread → writing thread, and large NDJSON bodies to a packing thread instead. */
export type WriterRequest =
  | {
      readonly kind: 'write';
      readonly id: number;
      readonly type: ContentType;
      readonly raw: boolean;
      /** Microseconds since 1970. */
      readonly now: number;
      readonly bytes: Uint8Array<ArrayBuffer>;
    }
  /** Where InsertRequests of another packing thread come from. */
  | { readonly kind: 'packer'; readonly port: MessagePort }
  /** What waits for the store is not to be waited for. */
  | { readonly kind: 'giveUp' }
  | { readonly kind: 'close' };

/** Main thread → a packing thread. */
export type PackerRequest = Exclude<WriterRequest, { readonly kind: 'packer' | 'giveUp' }>;

/** Writing thread or a packing thread → main thread. */
export type WriterReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'written'; readonly answers: readonly (readonly [id: number, answer: Answer])[] }
  | { readonly kind: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string }
  | { readonly kind: 'closed' };

/** What a reading worker does, one at a time. */
export type ReadJob =
  | { readonly kind: 'count'; readonly filter: Filter }
  | { readonly kind: 'timeline'; readonly filter: Filter; readonly period: Period; readonly timezone: string }
  | { readonly kind: 'page'; readonly filter: Filter; readonly cursor: Cursor; readonly maxBytes: number }
  | { readonly kind: 'find'; readonly filter: Filter; readonly step: SearchStep }
  | { readonly kind: 'records'; readonly ids: readonly number[]; readonly maxBytes: number }
  | { readonly kind: 'get'; readonly id: number };

/** Main thread → reading thread: a job, or to give up the one that was sent last. */
export type ReadRequest = ReadJob | { readonly kind: 'cancel' };

/** What comes of each kind of job. */
export interface ReadResults {
  count: number;
  timeline: readonly Group[];
  page: Page;
  /** Undefined where the store has no such steps. */
  find: Found | undefined;
  records: Records;
  get: Uint8Array<ArrayBuffer> | undefined;
}

export type ReadReply = (
  | { readonly result: ReadResults[ReadJob['kind']] }
  | { readonly fault: StoreFault | 'bug'; readonly message: string; readonly detail: string }
) & {
  /** Sentences for the server's log. */
  readonly warnings?: readonly string[];
};

/** What a worker is told when it starts. */
export interface WorkerSetup {
  readonly dsn: string;
  /** Of this server among those that write to the same store. */
  readonly node?: number;
  /** Seconds that the store may take for one request. */
  readonly timeout?: number;
  readonly retention?: { readonly days?: number; readonly bytes?: number };
}
