import { type Connection, FOREVER } from './connection.ts';
import { type OfflogError, saysThatDaemonStops } from './errors.ts';
import type { Settings } from './options.ts';
import { reopen, underWay } from './reconnect.ts';
import { SendBuffer } from './send-buffer.ts';

/** From so many waiting bytes on they are handed over within `write`. */
const HAND_OVER = 64 * 1024;

/** Milliseconds until sending is tried again after the kernel's buffer was full: from the first to the last, doubling. */
const RETRY_FIRST_MS = 1;
const RETRY_LAST_MS = 50;

/**
 * Hands what waits to the kernel, over one connection after another.
 *
 * One function does it, whether a turn of the event loop, a big write, a timer or the end of the process asks for it;
 * so the order is kept, and what the kernel has taken is known at any time.
 */
export class Sender {
  readonly buffer = new SendBuffer();
  readonly timeout: number;
  readonly #path: Buffer;
  readonly #settings: Settings;
  #connection: Connection;
  /** Whether there is a daemon at the other end, as far as is known. */
  connected = true;
  /** Why nothing can be written any more. */
  failure: OfflogError | undefined;
  #closing = false;
  #finishing = false;
  #ended = false;

  #immediate: NodeJS.Immediate | undefined;
  #retry: NodeJS.Timeout | undefined;
  #retryAfter = RETRY_FIRST_MS;
  #lastProgress = 0;
  /** What the kernel did not take at the last attempt, bytes. */
  #left = 0;
  #lastAttempt = 0;
  readonly #watchers = new Set<() => void>();

  constructor(connection: Connection, path: Buffer, settings: Settings) {
    this.#path = path;
    this.#settings = settings;
    this.timeout = settings.timeout;
    this.#connection = connection;
    this.#attach(connection);
  }

  /** To be called after something was added: hands it over now, or sees to it that this happens. */
  added(): void {
    const { flush, bufferLimit } = this.#settings;
    const { buffer } = this;
    if (flush === 'write' && (this.#left === 0 || performance.now() - this.#lastAttempt >= RETRY_FIRST_MS)) {
      this.handOver();
    } else if (buffer.sizeAtLeast - this.#left >= HAND_OVER) {
      this.handOver();
    } else if (this.#left === 0) {
      this.#immediate ??= setImmediate(() => this.handOver());
    }
    if (flush === 'write' || this.failure !== undefined || this.#closing) return;
    if (this.#immediate === undefined && this.#left === 0) return;
    const untilHandOver = HAND_OVER - (buffer.sizeAtLeast - this.#left);
    buffer.room = Math.max(0, Math.min(untilHandOver, Math.floor((bufferLimit - buffer.sizeAtMost) / 3)));
  }

  /** Hands over what the kernel takes now. Never waits and never throws; answers whether nothing is left. */
  handOver(): boolean {
    const { buffer } = this;
    buffer.room = 0;
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
    this.#lastAttempt = performance.now();
    if (!this.connected || this.failure !== undefined) {
      buffer.encode();
      this.#left = buffer.sizeAtLeast;
      return buffer.isEmpty;
    }
    const before = this.#connection.sent;
    let done = false;
    try {
      done = buffer.sendTo(this.#connection.send);
    } catch (error) {
      this.#broke(error as OfflogError);
    }
    this.#left = buffer.sizeAtLeast;
    const progress = this.#connection.sent > before;
    if (progress || this.#retry === undefined) this.#lastProgress = this.#lastAttempt;
    this.#planRetry(done || !this.connected || this.failure !== undefined, progress);
    if (progress || done) this.#tellWatchers();
    return done;
  }

  #planRetry(done: boolean, progress: boolean): void {
    if (done) {
      clearTimeout(this.#retry);
      this.#retry = undefined;
      this.#retryAfter = RETRY_FIRST_MS;
      return;
    }
    this.#retryAfter = progress ? RETRY_FIRST_MS : Math.min(RETRY_LAST_MS, this.#retryAfter * 2);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.handOver(), this.#retryAfter);
    // Waiting data keeps the program running, but not for ever when the daemon takes nothing.
    if (this.#lastAttempt - this.#lastProgress > this.timeout) this.#retry.unref();
  }

  /** Resolves with true when data was handed over or the connection failed, with false after `ms` without either. */
  progress(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => end(false), Math.min(ms, FOREVER));
      const end = (moved: boolean) => {
        clearTimeout(timer);
        this.#watchers.delete(watcher);
        resolve(moved);
      };
      const watcher = () => end(true);
      this.#watchers.add(watcher);
    });
  }

  #tellWatchers(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  #attach(connection: Connection): void {
    connection.attach({
      error: (error) => this.#broke(error),
      over: () => this.#broke(connection.failure),
    });
  }

  /** The connection carries nothing more: fails for good, or has it replaced. */
  #broke(error: OfflogError): void {
    if (this.failure !== undefined || this.#connection.bye) {
      this.#tellWatchers();
      return;
    }
    const { error: message } = this.#connection;
    const fileFailed = message !== undefined && !saysThatDaemonStops(message);
    if (!this.#settings.reconnect || fileFailed || this.#finishing) {
      this.fail(error);
    } else if (this.connected) {
      void this.#replace(error);
    }
  }

  /** Ends sending; what waits is given up. */
  fail(error: OfflogError): void {
    error.unsentBytes = this.buffer.size;
    this.failure = error;
    this.buffer.clear();
    this.#left = 0;
    this.end();
    this.#tellWatchers();
  }

  async #replace(error: OfflogError): Promise<void> {
    this.connected = false;
    this.#planRetry(true, false);
    const lost = performance.now();
    const keepsRunning = () =>
      this.#closing || (!this.buffer.isEmpty && performance.now() - lost < this.timeout);
    const old = this.#connection;
    const uncertainBytes = await underWay(old, this.timeout, keepsRunning);
    old.destroy();
    const connection = await reopen(this.#settings, this.#path, { given: () => this.#ended, keepsRunning });
    if (connection === undefined) return;
    this.#connection = connection;
    this.connected = true;
    const unsentBytes = this.buffer.size;
    this.#attach(connection);
    this.handOver();
    this.#tellWatchers();
    this.#settings.onReconnect({ uncertainBytes, unsentBytes, error });
  }

  /** From now on nothing is added. */
  closes(): void {
    this.#closing = true;
    this.buffer.room = 0;
  }

  /**
   * Tells the daemon that all was sent, and waits for its word that all is written.
   *
   * @returns false after `ms` without it
   */
  async finish(ms: number): Promise<boolean> {
    const deadline = performance.now() + ms;
    const wait = () => this.progress(deadline - performance.now());
    while (!this.connected && this.failure === undefined) if (!(await wait())) return false;
    this.#finishing = true;
    this.#connection.shutDown();
    while (!this.#connection.bye && this.failure === undefined) if (!(await wait())) return false;
    return true;
  }

  /** Lets go of the connection and of all timers. */
  end(): void {
    this.#ended = true;
    this.buffer.room = 0;
    clearImmediate(this.#immediate);
    clearTimeout(this.#retry);
    this.#connection.destroy();
  }

  /** Takes an error of the daemon that the event loop has not seen yet. */
  lookForFailure(): void {
    if (this.connected && this.failure === undefined) this.#connection.receiveNow();
  }
}
