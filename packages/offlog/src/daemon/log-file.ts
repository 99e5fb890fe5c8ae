import { close, fdatasync, writev } from 'node:fs';
import { isSystemError } from '../python-error.ts';
import type { Budget } from './budget.ts';
import type { CallQueues } from './call-queues.ts';
import { endsLine, type Portion, type Source } from './source.ts';

const NEWLINE = 0x0a;

/** How long an unfinished line waits for its next byte, and for its end in all, while others use the file; ms. */
const LINE_PAUSE = 100;
const LINE_TIME = 1000;
/** Longest unfinished line that is waited for, in bytes. */
const LINE_BYTES = 65_536;
/** How often it is looked whether a line has waited long enough, in milliseconds. */
const LINE_CHECK = 25;

/** One writing call takes no more than this. */
const BATCH_BYTES = 1_048_576;
const BATCH_PORTIONS = 512;

/** A write that takes longer than this, in milliseconds, makes the file stuck until it returns. */
const STUCK = 1000;

/** Milliseconds until a pipe that was full is tried again: the first time, and at most. */
const FIRST_RETRY = 1;
const LONGEST_RETRY = 50;

/** Which file it is, whatever its names. */
export interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** What a file has done since it was opened. */
export interface FileCounters {
  bytes: number;
  writes: number;
}

/**
 * An open file that any number of sources append to. One write is under way at a time, off the event loop, and takes
 * along all that has come meanwhile. While there are several sources only whole lines are written, so that none lands
 * inside another.
 */
export class LogFile {
  readonly identity: Identity;
  readonly counters: FileCounters = { bytes: 0, writes: 0 };
  readonly #fd: number;
  readonly #budget: Budget;
  readonly #writes: CallQueues;
  readonly #device: string;
  readonly #onClosed: () => void;
  /** Whether written bytes are to be synced. */
  readonly #durable: boolean;
  readonly #sources = new Set<Source>();
  /** Users of the file that have no data on the way: it stays open for them. */
  #users = 0;
  #queue: Portion[] = [];
  /** Whose unfinished line is at the end of the file. */
  #tail: Source | undefined;
  #writingSince: number | undefined;
  #stuck = false;
  #waiting = 0;
  #retry = FIRST_RETRY;
  #lineTimer: NodeJS.Timeout | undefined;
  #dirty = false;
  #syncing = false;
  /** Who waits for the sync that is under way, and who for the next one. */
  #whenSyncing: ((error?: unknown) => void)[] = [];
  #whenSynced: ((error?: unknown) => void)[] = [];
  #closed = false;

  constructor(
    fd: number,
    identity: Identity,
    options: { budget: Budget; writes: CallQueues; durable: boolean; onClosed: () => void },
  ) {
    this.#fd = fd;
    this.identity = identity;
    this.#device = String(identity.dev);
    this.#budget = options.budget;
    this.#writes = options.writes;
    this.#durable = options.durable;
    this.#onClosed = options.onClosed;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Bytes that are to be written; those of unfinished lines that are held are not among them. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Keeps the file open; `release` ends that. */
  retain(): void {
    this.#users++;
  }

  release(): void {
    this.#users--;
    this.#closeWhenUnused();
  }

  add(source: Source): void {
    // Alone, a source need not wait for the end of its lines. Now the newcomer waits for the one that is open.
    for (const other of this.#sources) if (other.inLine) this.#tail = other;
    this.#sources.add(source);
    this.#tail?.events.onAwaited();
  }

  /** Others wait for the end of its line. */
  isAwaited(source: Source): boolean {
    return this.#tail === source;
  }

  /** Takes bytes over: their memory is given back when they are written. */
  append(source: Source, bytes: Buffer): void {
    const now = performance.now();
    const isNewLine = !source.inLine && source.heldBytes === 0;
    if (isNewLine || bytes.includes(NEWLINE)) source.lineSince = now;
    source.lastByteAt = now;
    source.pending += bytes.length;
    if (this.#sources.size === 1) {
      this.#push(source, [...source.release(), bytes]);
      source.inLine = !endsLine(bytes);
    } else {
      const ready = source.whole(bytes);
      if (ready.length > 0) source.inLine = false;
      this.#push(source, ready);
      if (source.heldBytes > LINE_BYTES) this.#flush(source);
      else if (source.heldBytes > 0) this.#watchLines();
    }
    this.#pump();
  }

  /** No more will come of this source: its unfinished line is written. It goes when all of it is written. */
  finish(source: Source): void {
    this.#flush(source);
    if (this.#tail === source) this.#tail = undefined;
    this.#sources.delete(source);
    source.inLine = false;
    const [last, ...others] = this.#sources;
    if (last !== undefined && others.length === 0) this.#flush(last);
    this.#pump();
  }

  /** Writes the unfinished line of a source as it is. */
  #flush(source: Source): void {
    const held = source.release();
    if (held.length === 0) return;
    source.inLine = true;
    if (this.#tail === source) this.#tail = undefined;
    this.#push(source, held);
    this.#pump();
  }

  #push(source: Source, portions: readonly Buffer[]): void {
    for (const bytes of portions) {
      this.#queue.push({ source, bytes });
      this.#count(bytes.length);
    }
  }

  #pump(): void {
    if (this.#writingSince !== undefined || this.#queue.length === 0 || this.#closed) return;
    const batch = this.#nextBatch();
    if (batch.length > 0) this.#write(batch);
    else this.#watchLines();
  }

  /** What is written next: the rest of the line that is open in the file, then all in the order in which it came. */
  #nextBatch(): Portion[] {
    const batch: Portion[] = [];
    let bytes = 0;
    const tail = this.#tail;
    if (tail !== undefined) {
      const rest: Portion[] = [];
      for (const portion of this.#queue) {
        if (this.#tail === undefined || portion.source !== tail) rest.push(portion);
        else {
          batch.push(portion);
          bytes += portion.bytes.length;
          if (endsLine(portion.bytes)) this.#tail = undefined;
        }
      }
      this.#queue = rest;
      if (this.#tail !== undefined) return batch;
    }
    let taken = 0;
    for (const portion of this.#queue) {
      if (bytes >= BATCH_BYTES || batch.length >= BATCH_PORTIONS) break;
      batch.push(portion);
      bytes += portion.bytes.length;
      taken++;
    }
    this.#queue.splice(0, taken);
    return batch;
  }

  #write(batch: Portion[]): void {
    this.#writingSince ??= performance.now();
    const buffers = batch.map(({ bytes }) => bytes);
    // Where one write hangs, the next will: it is not waited for until that shows.
    if (this.#writes.isStuck(this.#device)) this.#leaveBudget();
    this.#writes.run(this.#device, (done) => {
      writev(this.#fd, buffers, (error, written) => {
        done();
        if (error) this.#failed(batch, error);
        else this.#written(batch, written);
      });
    });
  }

  #written(batch: Portion[], written: number): void {
    this.#retry = FIRST_RETRY;
    this.#dirty = true;
    this.counters.bytes += written;
    this.counters.writes++;
    this.#unstick();
    const whose = new Set<Source>();
    let left = written;
    let done = 0;
    for (const { source, bytes } of batch) {
      if (bytes.length > left) break;
      left -= bytes.length;
      done++;
      source.pending -= bytes.length;
      whose.add(source);
      free(bytes);
    }
    const partly = batch[done];
    if (partly !== undefined) {
      batch[done] = { source: partly.source, bytes: partly.bytes.subarray(left) };
      partly.source.pending -= left;
    }
    this.#count(-written);
    this.#writingSince = undefined;
    if (partly !== undefined) this.#write(batch.slice(done));
    for (const source of whose) source.events.onWritten();
    this.#pump();
    this.#closeWhenUnused();
  }

  #failed(batch: Portion[], error: Error): void {
    const code = isSystemError(error) ? error.code : '';
    if (code === 'EAGAIN' || code === 'EINTR') {
      // A pipe that is full: nobody tells when it is read.
      setTimeout(() => this.#write(batch), this.#retry).unref();
      this.#retry = Math.min(2 * this.#retry, LONGEST_RETRY);
      return;
    }
    this.#unstick();
    this.#writingSince = undefined;
    const whose = new Set(batch.map(({ source }) => source));
    const failed = [...whose].map((source) => ({ source, lost: this.#drop(source) }));
    for (const { source, lost } of failed) source.events.onFailed(error, lost);
    this.#pump();
    this.#closeWhenUnused();
  }

  /** Forgets all of a source that is not written; returns how many bytes. */
  #drop(source: Source): number {
    const lost = source.pending;
    this.#count(source.heldBytes - lost);
    source.pending = 0;
    source.release();
    source.inLine = false;
    this.#queue = this.#queue.filter((portion) => portion.source !== source);
    if (this.#tail === source) this.#tail = undefined;
    this.#sources.delete(source);
    return lost;
  }

  #count(bytes: number): void {
    this.#waiting += bytes;
    if (!this.#stuck) this.#budget.add(bytes);
  }

  /** To be called now and then: a write that does not return leaves the budget to the others. */
  lookForStuck(now: number): boolean {
    if (this.#writingSince !== undefined && now - this.#writingSince > STUCK) this.#leaveBudget();
    return this.#stuck;
  }

  #leaveBudget(): void {
    if (this.#stuck) return;
    this.#stuck = true;
    this.#budget.add(-this.#waiting);
  }

  #unstick(): void {
    if (!this.#stuck) return;
    this.#stuck = false;
    this.#budget.add(this.#waiting);
  }

  #watchLines(): void {
    if (this.#lineTimer !== undefined) return;
    this.#lineTimer = setTimeout(() => {
      this.#lineTimer = undefined;
      const now = performance.now();
      const late = [...this.#sources].filter((source) => this.#isLate(source, now));
      // The loop may be late itself: what waits in the sockets is read before a line is given up.
      setImmediate(() => {
        for (const source of late) if (this.#isLate(source, now)) this.#giveUp(source);
        const isWaiting = this.#tail !== undefined && this.#queue.length > 0;
        if (isWaiting || [...this.#sources].some(({ heldBytes }) => heldBytes > 0)) this.#watchLines();
      });
    }, LINE_CHECK);
  }

  #isLate(source: Source, now: number): boolean {
    if (source.isPaused || (source !== this.#tail && source.heldBytes === 0)) return false;
    return now - source.lastByteAt >= LINE_PAUSE || now - source.lineSince >= LINE_TIME;
  }

  #giveUp(source: Source): void {
    if (this.#tail === source) this.#tail = undefined;
    this.#flush(source);
    this.#pump();
  }

  /** Calls back when everything written by now would survive a power cut; at once unless that was asked for. */
  whenDurable(callback: (error?: unknown) => void): void {
    if (!this.#durable || (!this.#dirty && !this.#syncing)) callback();
    else if (this.#dirty) this.#whenSynced.push(callback);
    else this.#whenSyncing.push(callback);
  }

  /** Brings to the disk what was written since the last time. */
  sync(): void {
    if (!this.#dirty || this.#syncing || this.#closed) return;
    this.#whenSyncing = this.#whenSynced;
    this.#whenSynced = [];
    this.#dirty = false;
    this.#syncing = true;
    this.#writes.run(this.#device, (done) => {
      fdatasync(this.#fd, (error) => {
        done();
        this.#syncing = false;
        // A pipe or a device cannot be synced.
        const failed = error && !(isSystemError(error) && error.code === 'EINVAL') ? error : undefined;
        const waiting = this.#whenSyncing;
        this.#whenSyncing = [];
        for (const callback of waiting) callback(failed);
        this.#closeWhenUnused();
      });
    });
  }

  #closeWhenUnused(): void {
    const busy = this.#users > 0 || this.#sources.size > 0 || this.#queue.length > 0;
    if (this.#closed || busy || this.#writingSince !== undefined || this.#syncing) return;
    if (this.#durable && this.#dirty) {
      this.sync();
      return;
    }
    this.#closed = true;
    clearTimeout(this.#lineTimer);
    // On a network a file is written at its closing, which may hang as well as a write.
    this.#writes.run(this.#device, (done) => {
      close(this.#fd, () => {
        done();
        this.#onClosed();
      });
    });
  }
}

/** Gives memory back now and not when the collector comes round: under load that is most of the daemon's memory. */
function free({ buffer }: Buffer): void {
  // Node 20 does not know it yet.
  if (buffer instanceof ArrayBuffer && 'transfer' in buffer) buffer.transfer(0);
}
