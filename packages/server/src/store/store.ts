import type { LogRecord, RecordSlicer } from '@chronologer/record';
import type { Migration, PrintedMigration } from './migration-files.ts';
import type { AppliedMigration, OwnMigration } from './own-migrations.ts';

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

/** A step of a search, newest id first: of records with an id below `below`, until `wanted` are found. */
export interface SearchStep {
  readonly below?: number;
  readonly wanted: number;
  /** About so many records are looked at, and then the step ends. */
  readonly effort: number;
}

/** Ids, newest first: all that there are down to `below`, or to the end where that is absent. */
export interface Found {
  readonly ids: readonly number[];
  readonly below?: number;
}

/** Records as a Page has them; `looked`: how many of the ids asked for were looked at until there were bytes enough. */
export interface Records {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly count: number;
  readonly looked: number;
}

/** A record with the id under which it is stored. */
export interface StoredRecord extends LogRecord {
  readonly id: number;
}

/** Ids of records, both inclusive. */
export interface IdRange {
  readonly from: number;
  readonly to: number;
}

/** Which records a walk upwards takes: of some ids, and of times as a Filter has them. */
export interface Stretch extends IdRange, Pick<Filter, 'after' | 'before'> {}

/** How large a portion becomes; the record that reaches a limit belongs to it. */
export interface PortionLimits {
  readonly records: number;
  /** Of the texts. */
  readonly bytes: number;
}

/** A step of a walk: records in the order of their ids. `next`: the id from which it goes on; absent at its end. */
export interface Portion {
  readonly records: readonly StoredRecord[];
  readonly next?: number;
}

/** Reads one store; each reading worker has its own. Throws StoreError. */
export interface StoreReader {
  count(filter: Filter): number | Promise<number>;
  /** Empty groups are left out; in order of time. `timezone` is a known IANA name. */
  timeline(filter: Filter, period: Period, timezone: string): readonly Group[] | Promise<readonly Group[]>;
  /** The next records of a range: at least one unless it is over, and then as many as fit `maxBytes`. */
  page(filter: Filter, cursor: Cursor, maxBytes: number): Page | Promise<Page>;
  /** Where a page can be made in two steps, so that several readers share them: its ids, */
  find?(filter: Filter, step: SearchStep): Found | Promise<Found>;
  /** and the records of ids in descending order, those that are gone left out. */
  records?(ids: readonly number[], maxBytes: number): Records | Promise<Records>;
  /** A record as JSON in UTF-8, or undefined. */
  get(id: number): Uint8Array<ArrayBuffer> | undefined | Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** The lowest and the highest id; undefined without records. */
  ids(): IdRange | undefined | Promise<IdRange | undefined>;
  /** The next records of a stretch, lowest id first: at least one unless there are none, and then up to the limits. */
  upwards(stretch: Stretch, limits: PortionLimits): Portion | Promise<Portion>;
  /** What was found damaged since the last call and left out of the answers, as sentences for the log; each once. */
  takeWarnings(): readonly string[];
  /** Gives up the call that is under way, if there is one: it rejects, and the store stops working on it. */
  cancel?(): void | Promise<void>;
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
  /** Calls of `insert` that may be under way at once, where a store has its own processors; else one. */
  readonly insertsAtOnce?: number;
  /** Bytes of bodies after which a call of `insert` is long enough to be worth beginning the next one beside it. */
  readonly insertBytes?: number;
  /**
   * Stores records under the ids that they have: ascending, and higher than any that this store has given out. All ids
   * that it gives afterwards are higher. Resolves only when they would survive a power cut. What is stored when it
   * throws is nothing; where a store cannot have all of them in one transaction, the first of them.
   */
  insertWithIds(records: readonly StoredRecord[]): void | Promise<void>;
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
  /**
   * One small step of what makes the store smaller or its answers faster and changes none of them, if it has such; true
   * while there is more. `now` is in microseconds since 1970.
   */
  tidy(now: number): boolean | Promise<boolean>;
  /** Gives a little freed space back to the file system; true while there is more. */
  reclaim(): boolean | Promise<boolean>;
  /** What the records take, in bytes. */
  size(): number | Promise<number>;
  /** When retention last ran, in microseconds since 1970. */
  purgedAt(): number | undefined | Promise<number | undefined>;
  setPurgedAt(at: number): void | Promise<void>;
  /**
   * The process has to end soon: what waits for a store that is elsewhere is given up and rejects, and so does what is
   * called afterwards, but for `close`.
   */
  giveUp?(): Promise<void>;
  close(): void | Promise<void>;
}

/** What `migrate` says while it works. */
export type Report = (message: string) => void;

export interface WriterOptions {
  /** 0 to 15, another one for each server that writes to the same store. */
  readonly node?: number | undefined;
  /** Nobody else may have the store open, where that can be told: the first call throws when somebody has. */
  readonly alone?: boolean;
}

export interface ReaderOptions {
  /** Seconds that one question may take, for stores that can end it themselves. */
  readonly timeout?: number | undefined;
}

/** Something of a store that is not as it should be. */
export interface Finding {
  /** What is wrong, as a sentence. */
  readonly what: string;
  /** The records that it costs; in order. */
  readonly lost: readonly IdRange[];
  /** What a repair does, as a sentence; absent where it leaves all as it is. */
  readonly repair?: string;
}

/** Who is told of a check while it goes on. */
export interface CheckListener {
  found(finding: Finding): void;
  /** A step of so many is done; comes often. */
  progress(what: string, done: number, of: number): void;
  /** What a repair does or has done; a sentence. */
  told(what: string): void;
}

export interface CheckOptions {
  /** Repair what was found. Nobody else may have the store open then. */
  readonly repair: boolean;
}

/** What a check saw, and what it left behind. */
export interface CheckResult {
  /** Nothing is wrong; after a repair, nothing any more. */
  readonly sound: boolean;
  readonly blocks: number;
  /** Records that can be read. */
  readonly records: number;
}

/** Figures of a store, for people and machines. Times are microseconds since 1970, sizes bytes. */
export interface StoreStats {
  readonly records: number;
  /** Of them in rows, not in blocks yet. */
  readonly recent: number;
  readonly blocks: number;
  readonly oldest?: number;
  readonly newest?: number;
  /** What the store takes of the disk by file, and of it what is free for new records. */
  readonly bytes: { readonly file: number; readonly log: number; readonly free: number };
  /** Of blocks, packed. */
  readonly parts: {
    readonly kinds: number;
    readonly heads: number;
    readonly messages: number;
    readonly logrecs: number;
  };
  /** All texts of blocks before they were packed, estimated from some blocks. */
  readonly unpacked?: number;
  /** By day (UTC, 2026-11-21), in order. `bytes`: blocks all of whose records are of this day. */
  readonly days: readonly { readonly day: string; readonly records: number; readonly bytes: number }[];
  /** Bytes of the blocks that are of several days. */
  readonly bytesOfSeveralDays: number;
  /** In order. */
  readonly levels: readonly { readonly level: number; readonly records: number }[];
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
  /** Where `start` would make an empty store: whether there is none yet. */
  isMissing?(): boolean;
  /** Files and folders to make before the first use; returns those that were made. */
  prepare(): readonly string[];
  /**
   * Brings the schema up to date, then applies what the user's own migrations are outstanding; safe to run twice, and from
   * two processes at once.
   */
  migrate(report: Report, own?: readonly OwnMigration[]): void | Promise<void>;
  /** The built-in migrations, in order. */
  migrations(): readonly Migration[];
  /** All that `migrate` does to an empty store, for people to read or to apply; the store is not opened. */
  script(own: readonly OwnMigration[]): readonly PrintedMigration[];
  /** What was applied, built-in and own; nothing where there is no schema yet. */
  applied(): readonly AppliedMigration[] | Promise<readonly AppliedMigration[]>;
  /** Whether records are there, of whichever version: those of another one are not changed but by `migrate`. */
  holdsRecords(): boolean | Promise<boolean>;
  /** Throws a SchemaError unless the schema is the one this version works with. */
  checkSchema(): void | Promise<void>;
  openWriter(options?: WriterOptions): StoreWriter | Promise<StoreWriter>;
  openReader(options?: ReaderOptions): StoreReader | Promise<StoreReader>;
  /** A reader's `cancel` ends a client's own SQL too, so that this can run in a thread; else it needs a process. */
  readonly cancelsQueries?: boolean;
  /** Several servers may write to the store at once. */
  readonly sharesWriting?: boolean;
  /** What in the store's configuration may lose acknowledged records, as sentences for the log. */
  risks?(): Promise<readonly string[]>;
  /** Where a store has something to pack: large bodies are then made into batches in a thread of their own. */
  openPacker?(): RecordPacker;
  /**
   * Where a store can look itself through: reads everything, tells what is wrong, and repairs it if asked to. Throws a
   * StoreError when it cannot be opened, or to be repaired is open elsewhere, and a SchemaError when it is of another
   * version.
   */
  check?(listener: CheckListener, options: CheckOptions): CheckResult | Promise<CheckResult>;
  /** Where a store can tell figures of itself, without reading all records. Throws as `check` does. */
  stats?(): StoreStats | Promise<StoreStats>;
  /** The store's own files, as far as they exist. */
  files(): readonly string[];
}
