import { type BigIntStats, close, constants, fstat, open, stat } from 'node:fs';
import { isSystemError } from '../python-error.ts';
import { Appender, type AppenderEvents } from './appender.ts';
import type { Budget } from './budget.ts';
import { CallQueues } from './call-queues.ts';
import { type Identity, LogFile } from './log-file.ts';
import { Mounts } from './mounts.ts';

const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
/** Less the umask. */
const MODE = 0o666;

/** Openings and looks at one mount point, and writes to one device, that may be under way at once. */
const OPENINGS_AT_ONCE = 8;
const WRITES_AT_ONCE = 16;

/** Milliseconds until it is tried again whether a pipe has a reader. */
const PIPE_RETRY = 200;

/** A path by which clients know a file. */
interface Name {
  readonly path: Buffer;
  readonly appenders: Set<Appender>;
  file: LogFile;
  isChecking: boolean;
  /** The last check could not open the file anew. */
  failed: boolean;
}

/** What the owner of the files is told. */
export interface FilesEvents {
  onClosed(path: Buffer): void;
  onReopened(path: Buffer): void;
  onLost(path: Buffer, error: unknown): void;
}

/** What is told of an opening: the end of it, once, and before that may come any number of waits. */
export interface OpeningEvents {
  onOpened(appender: Appender): void;
  onError(error: unknown): void;
  /** The file is a pipe without a reader. */
  onWaiting(): void;
}

/** An opening that may take long. */
export interface Opening {
  /** Nobody wants the file any more. */
  cancel(): void;
  /** A pipe without a reader is not waited for any longer, but an error. */
  stopWaiting(): void;
}

/**
 * All open files: one for each inode, by whatever names. Names are looked at now and then, and opened anew when they
 * stand for another file or for none. Everything is done off the event loop.
 */
export class Files {
  readonly #budget: Budget;
  readonly #durable: boolean;
  readonly #events: FilesEvents;
  readonly #byIdentity = new Map<string, LogFile>();
  readonly #byPath = new Map<string, Name>();
  readonly #mayOpen: () => boolean;
  readonly #mounts = new Mounts();
  /** By mount point, which a symbolic link may lead out of. */
  readonly #openings = new CallQueues({ atOnce: OPENINGS_AT_ONCE, forgiving: true });
  /** By device. */
  readonly #writes = new CallQueues({ atOnce: WRITES_AT_ONCE, forgiving: false });
  #opening = 0;

  /** `mayOpen` says whether there is a descriptor for one file more. */
  constructor(options: { budget: Budget; durable: boolean; mayOpen: () => boolean; events: FilesEvents }) {
    this.#mayOpen = options.mayOpen;
    this.#budget = options.budget;
    this.#durable = options.durable;
    this.#events = options.events;
  }

  /** Descriptors that are open or are being opened. */
  get descriptors(): number {
    return this.#byIdentity.size + this.#opening;
  }

  /** Calls to the system that have not returned. */
  get callsRunning(): number {
    return this.#openings.running + this.#writes.running;
  }

  get all(): readonly LogFile[] {
    return [...this.#byIdentity.values()];
  }

  /** Paths in use, with the file of each. */
  get names(): readonly { readonly path: Buffer; readonly file: LogFile }[] {
    return [...this.#byPath.values()];
  }

  /**
   * Opens a file for appending, making it where it is not there. A pipe without a reader is waited for, holding up
   * nobody else.
   */
  open(path: Buffer, events: AppenderEvents, { onOpened, onError, onWaiting }: OpeningEvents): Opening {
    let cancelled = false;
    let patient = true;
    let retry: { timer: NodeJS.Timeout; error: unknown } | undefined;
    const attempt = () => {
      retry = undefined;
      if (!this.#mayOpen()) {
        onError(Object.assign(new Error('too many open files'), { code: 'EMFILE' }));
        return;
      }
      this.#openFile(path, (error, file) => {
        if (cancelled) file?.release();
        else if (file === undefined) {
          this.#mayGetReader(path, error, (mayGetReader) => {
            if (cancelled) return;
            if (patient && mayGetReader) {
              retry = { timer: setTimeout(attempt, PIPE_RETRY), error };
              onWaiting();
            } else onError(error);
          });
        } else {
          const appender = new Appender(file, events);
          this.#join(path, file, appender);
          file.release();
          onOpened(appender);
        }
      });
    };
    attempt();
    return {
      cancel: () => {
        cancelled = true;
        clearTimeout(retry?.timer);
      },
      stopWaiting: () => {
        patient = false;
        if (retry === undefined || cancelled) return;
        clearTimeout(retry.timer);
        onError(retry.error);
      },
    };
  }

  /** Ends what `open` began. */
  leave(path: Buffer, appender: Appender): void {
    const key = path.toString('latin1');
    const name = this.#byPath.get(key);
    if (name === undefined || !name.appenders.delete(appender)) return;
    appender.end();
    if (name.appenders.size === 0) {
      this.#byPath.delete(key);
      this.#events.onClosed(path);
    }
  }

  /** Looks whether names stand for other files now. */
  check(): void {
    for (const name of this.#byPath.values()) {
      // A file system that does not answer is not asked again.
      if (name.isChecking) continue;
      name.isChecking = true;
      this.#stat(name.path, (found) => {
        name.isChecking = false;
        if (found !== undefined && isSame(found, name.file.identity)) name.failed = false;
        else this.#reopen(name);
      });
    }
  }

  sync(): void {
    for (const file of this.#byIdentity.values()) file.sync();
  }

  lookForStuck(): void {
    const now = performance.now();
    for (const file of this.#byIdentity.values()) file.lookForStuck(now);
    this.#openings.lookForStuck(now);
  }

  #join(path: Buffer, file: LogFile, appender: Appender): void {
    const key = path.toString('latin1');
    const name = this.#byPath.get(key);
    if (name === undefined) {
      const appenders = new Set([appender]);
      this.#byPath.set(key, { path, file, appenders, isChecking: false, failed: false });
      return;
    }
    name.appenders.add(appender);
    this.#moveTo(name, file);
  }

  #reopen(name: Name): void {
    name.isChecking = true;
    this.#openFile(name.path, (error, file) => {
      name.isChecking = false;
      if (file !== undefined) {
        name.failed = false;
        this.#moveTo(name, file);
        file.release();
        return;
      }
      // What is written meanwhile is in the old file. A second failure is no rotation that is under way any more.
      this.#events.onLost(name.path, error);
      if (name.failed) for (const appender of [...name.appenders]) appender.fail(error);
      name.failed = true;
    });
  }

  #moveTo(name: Name, file: LogFile): void {
    if (file === name.file) return;
    name.file = file;
    this.#events.onReopened(name.path);
    for (const appender of name.appenders) appender.moveTo(file);
  }

  /** Whether what could not be opened is a pipe that nobody reads yet. A socket gives the same error, and for ever. */
  #mayGetReader(path: Buffer, error: unknown, callback: (mayGetReader: boolean) => void): void {
    if (isSystemError(error) && error.code === 'ENXIO') {
      this.#stat(path, (found) => callback(found?.isFIFO() === true));
    } else callback(false);
  }

  /** What a path stands for; calls back with nothing when that cannot be said. */
  #stat(path: Buffer, callback: (found: BigIntStats | undefined) => void): void {
    this.#openings.run(this.#mounts.of(path.toString('latin1')), (done) => {
      stat(path, { bigint: true }, (error, found) => {
        done();
        callback(error === null ? found : undefined);
      });
    });
  }

  /** Calls back with a file that is retained. */
  #openFile(path: Buffer, callback: (error: unknown, file?: LogFile) => void): void {
    this.#opening++;
    this.#openings.run(this.#mounts.of(path.toString('latin1')), (done) => {
      const finish = (error: unknown, file?: LogFile) => {
        this.#opening--;
        done();
        callback(error, file);
      };
      open(path, FLAGS, MODE, (error, fd) => {
        if (error) return finish(error);
        fstat(fd, { bigint: true }, (failure, identity) => {
          if (failure) close(fd, () => finish(failure));
          else finish(undefined, this.#share(fd, identity));
        });
      });
    });
  }

  #share(fd: number, identity: Identity): LogFile {
    const key = `${identity.dev}:${identity.ino}`;
    const known = this.#byIdentity.get(key);
    if (known !== undefined && !known.isClosed) {
      close(fd);
      known.retain();
      return known;
    }
    const file: LogFile = new LogFile(fd, identity, {
      budget: this.#budget,
      writes: this.#writes,
      durable: this.#durable,
      onClosed: () => {
        if (this.#byIdentity.get(key) === file) this.#byIdentity.delete(key);
      },
    });
    this.#byIdentity.set(key, file);
    file.retain();
    return file;
  }
}

function isSame(a: Identity, b: Identity): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}
