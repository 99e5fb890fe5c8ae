import type { LogRecord, RecordSlicer } from '@chronologer/record';

/** Which records are meant. Times are microseconds since 1970, both inclusive. */
export interface Filter {
  readonly after?: number;
  readonly before?: number;
  /** At least this level. */
  readonly level?: number;
  /** Literal, case-sensitive prefixes of the logger's name; any of them. Empty: every name. At most 500. */
  readonly names: readonly string[];
  /** A WHERE expression in the store's own SQL, as the client wrote it. */
  readonly query?: string;
  /** With a query: only the records of one share. All shares together are all records, each in one of them. */
  readonly share?: Share;
}

/** A part of the records, for several readers that answer one question together: 0 ≤ index < of. */
interface Share {
  readonly index: number;
  readonly of: number;
}

export type Period = 'hour' | 'day';

/** The records of one local hour or day. `start` is in seconds since 1970. */
export interface Group {
  readonly start: number;
  readonly count: number;
}

/**
 * Where a range of records, newest id first, goes on: `skip` records are passed over, then `take` are wanted, of those
 * with an id below `below`. A cursor is all there is to a stream: each step of it can be done by another reader, and no
 * transaction stays open while a client is slow.
 */
export interface Cursor {
  readonly skip: number;
  readonly take: number;
  readonly below?: number;
}

/** A step of a range: records as JSON texts joined by commas, in UTF-8. `next` is absent behind the last record. */
export interface Page {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly count: number;
  readonly next?: Cursor;
}

/** Reads one store; each reading worker has its own. Throws StoreError. */
export interface StoreReader {
  count(filter: Filter): number | Promise<number>;
  /** Empty groups are left out; in order of time. `timezone` is a known IANA name. */
  timeline(filter: Filter, period: Period, timezone: string): readonly Group[] | Promise<readonly Group[]>;
  /** The next records of a range: at least one unless it is over, and then as many as fit `maxBytes`. */
  page(filter: Filter, cursor: Cursor, maxBytes: number): Page | Promise<Page>;
  /** A record as JSON in UTF-8, or undefined. */
  get(id: number): Uint8Array<ArrayBuffer> | undefined | Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** What was found damaged since the last call and left out of the answers, as sentences for the log; each once. */
  takeWarnings(): readonly string[];
  close(): void | Promise<void>;
}

/** Records that become visible together, all or none. */
export type Batch = readonly LogRecord[];

/**
 * Records in the form in which their store keeps them, which its RecordPacker made: plain data that may be handed to
 * another thread.
 */
export interface PackedBatch {
  readonly count: number;
}

/**
 * Does of the writing what needs no store, so that it can be done in another thread, record after record. Made by an
 * Engine; only its own StoreWriter knows what comes of it.
 */
export interface RecordPacker {
  readonly count: number;
  /** What was added is enough for a batch. */
  readonly full: boolean;
  add(record: LogRecord): void;
  /** Adds the record that was read last. */
  addSliced(slicer: RecordSlicer): void;
  /** What was added, at least one record. Begins anew. */
  take(): PackedBatch;
  /** Forgets what was added. */
  clear(): void;
}

/** Writes one store; there is one in a process. Throws StoreError, and then nothing of the call is stored. */
export interface StoreWriter {
  /**
   * Stores batches in one transaction and returns the ids of each, in order, ascending, those of packed batches behind
   * the others. Resolves only when they would survive a power cut.
   */
  insert(
    batches: readonly Batch[],
    packed?: readonly PackedBatch[],
  ): readonly (readonly number[])[] | Promise<readonly (readonly number[])[]>;
  /**
   * One small step of retention: removes up to `limit` of the oldest records, those before `before` (microseconds) or,
   * without it, any. Returns how many went.
   */
  purge(limit: number, before?: number): number | Promise<number>;
  /** Records that a step of `purge` should remove, where a small step costs as much as a large one. */
  readonly purgeStep?: number;
  /** Where the store forgets old records by itself: those older than `days`; without it none. */
  expireAfter?(days?: number): Promise<void>;
  /**
   * Where single commits are dear: resolves when the next one is welcome. What is to be stored gathers meanwhile, and goes
   * into one call of `insert`.
   */
  ready?(): Promise<void>;
  /** Gives a little freed space back to the file system; true while there is more. */
  reclaim(): boolean | Promise<boolean>;
  /** What the records take, in bytes. */
  size(): number | Promise<number>;
  /** When retention last ran, in microseconds since 1970. */
  purgedAt(): number | undefined | Promise<number | undefined>;
  setPurgedAt(at: number): void | Promise<void>;
  close(): void | Promise<void>;
}

/** What `migrate` says while it works. */
export type Report = (message: string) => void;

export interface WriterOptions {
  /** 0 to 15, another one for each server that writes to the same store. */
  readonly node?: number | undefined;
}

export interface ReaderOptions {
  /** Seconds that one question may take, for stores that can end it themselves. */
  readonly timeout?: number | undefined;
}

/** A kind of store. Differences between kinds are capabilities here, never a question of which kind it is. */
export interface Engine {
  /** The DSN without its password, for people. */
  readonly description: string;
  /**
   * Starts what the store needs beside this process, before anything else is asked of it. Whoever started it stops it,
   * last of all. `report` is told what goes wrong with it meanwhile.
   */
  start?(report: Report): Promise<void>;
  stop?(): Promise<void>;
  /** Readers end a question at its time limit by themselves, and need no process of their own that can be killed. */
  readonly limitsQuestions?: boolean;
  /** Files and folders to make before the first use; returns those that were made. */
  prepare(): readonly string[];
  /** Brings the schema up to date; safe to run twice, and from two processes at once. */
  migrate(report: Report): void | Promise<void>;
  /** What `migrate` would run on an empty store, where an administrator may want to do it. */
  printMigrations?(): string;
  /** Throws a SchemaError unless the schema is the one this version works with. */
  checkSchema(): void | Promise<void>;
  openWriter(options?: WriterOptions): StoreWriter | Promise<StoreWriter>;
  openReader(options?: ReaderOptions): StoreReader | Promise<StoreReader>;
  /** Where a store has something to pack: large bodies are then made into batches in a thread of their own. */
  openPacker?(): RecordPacker;
  /** The store's own files, as far as they exist. */
  files(): readonly string[];
}
