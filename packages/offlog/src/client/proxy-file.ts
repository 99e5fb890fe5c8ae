import { Writable } from 'node:stream';
import { Connection } from './connection.ts';
import { OfflogError, saysThatDaemonStops, timeoutError } from './errors.ts';
import { complain, type Draining, drain, drainAtExit, drainNoMore } from './exit-hooks.ts';
import { type Dropped, type ProxyFileOptions, type Settings, settingsOf } from './options.ts';
import { absolutePath, type FilePath } from './path.ts';
import type { SendBuffer } from './send-buffer.ts';
import { Sender } from './sender.ts';

/**
 * A file that the offlog daemon appends to on behalf of this process, so that writing never waits for a disk.
 *
 * What was written is sent before the process ends, however it ends short of SIGKILL; see `timeout` and `flush` of
 * {@link ProxyFileOptions} for the bounds. An open file does not keep the program running, data that waits does, until
 * the daemon has taken nothing for `timeout`.
 */
export class ProxyFile {
  readonly #settings: Settings;
  readonly #sender: Sender;
  readonly #buffer: SendBuffer;
  readonly #path: string;
  #closed: Promise<void> | undefined;
  /** Whether the application was told that the connection broke. */
  #told = false;
  /** The end of the process has begun: the event loop turns no more. */
  #ending = false;
  readonly #dropped: Dropped = { bytes: 0, writes: 0 };
  #untold: Dropped = { bytes: 0, writes: 0 };

  private constructor(connection: Connection, path: Buffer, settings: Settings) {
    this.#settings = settings;
    this.#sender = new Sender(connection, path, settings);
    this.#buffer = this.#sender.buffer;
    this.#path = JSON.stringify(path.toString());
    drainAtExit(this.#end);
  }

  /**
   * Has the daemon open a file for appending; it is created when it is not there.
   *
   * @param filepath relative ones are taken from the working folder
   * @throws OfflogError what the daemon says, with the class as `name` and the errno as `code` (`FileNotFoundError`,
   *   `ENOENT`); a FileNotFoundError naming the socket when there is no daemon; a TimeoutError when it does not answer
   */
  static async open(filepath: FilePath, options: ProxyFileOptions = {}): Promise<ProxyFile> {
    const settings = settingsOf(options);
    const path = absolutePath(filepath);
    const connection = await Connection.open(settings.sockPath, path, settings.timeout);
    return new ProxyFile(connection, path, settings);
  }

  /**
   * Appends text, as UTF-8, or bytes, which are copied. Never waits: what the daemon does not take yet is kept, up to
   * `bufferLimit`; beyond it the write is dropped whole and counted.
   *
   * @throws OfflogError after `close()`, and after the connection broke: then the daemon's error
   */
  write(data: string | Uint8Array): void {
    const buffer = this.#buffer;
    if (typeof data === 'string' && data.length <= buffer.room) {
      buffer.room -= data.length;
      buffer.text += data;
      return;
    }
    this.#take(data);
  }

  #take(data: string | Uint8Array): void {
    const sender = this.#sender;
    if (this.#closed !== undefined) throw new OfflogError('ValueError', 'write to a closed file');
    if (typeof data !== 'string' && !(data instanceof Uint8Array)) {
      throw new TypeError('data must be a string or bytes');
    }
    this.#throwFailure();
    if (!this.#fits(data)) {
      // There may be room in the kernel that this turn of the event loop has not seen yet.
      sender.handOver();
      this.#throwFailure();
      if (!this.#fits(data)) {
        this.#drop(data);
        return;
      }
    }
    this.#buffer.add(data);
    if (this.#ending) this.#sendAtEnd();
    else sender.added();
    this.#throwFailure();
  }

  #throwFailure(): void {
    const { failure } = this.#sender;
    if (failure === undefined) return;
    this.#told = true;
    drainNoMore(this.#end);
    throw failure;
  }

  #fits(data: string | Uint8Array): boolean {
    const { bufferLimit } = this.#settings;
    if (this.#buffer.sizeAtMost + data.length * 3 <= bufferLimit) return true;
    return this.#buffer.size + Buffer.byteLength(data) <= bufferLimit;
  }

  #drop(data: string | Uint8Array): void {
    const bytes = Buffer.byteLength(data);
    if (this.#untold.writes === 0) setImmediate(() => this.#tellDropped());
    for (const count of [this.#dropped, this.#untold]) {
      count.bytes += bytes;
      count.writes += 1;
    }
  }

  #tellDropped(): void {
    const dropped = this.#untold;
    this.#untold = { bytes: 0, writes: 0 };
    this.#settings.onDrop(dropped);
  }

  /** What the end of the process has to do with this file. */
  readonly #end: Draining = {
    handOverNow: () => {
      const sender = this.#sender;
      return sender.handOver() || !sender.connected || sender.failure !== undefined;
    },
    timeout: () => this.#settings.timeout,
    begins: () => {
      this.#ending = true;
      this.#buffer.room = 0;
      if (this.#untold.writes > 0) this.#tellDropped();
    },
    complaint: () => this.#complaint(),
  };

  /** What nobody was told and nobody will be: the end of the process has come. */
  #complaint(): string | undefined {
    this.#sender.lookForFailure();
    const { connected, failure } = this.#sender;
    const unsent = failure?.unsentBytes ?? this.#buffer.size;
    if (failure !== undefined) {
      if (this.#told || (unsent === 0 && saysThatDaemonStops(failure))) return undefined;
      return `${this.#path}: ${failure.name}: ${failure.message}; ${unsent} bytes were not sent`;
    }
    if (unsent === 0) return undefined;
    const why = connected ? `the daemon took nothing more within ${this.#settings.timeout} ms` : 'no daemon';
    return `${this.#path}: ${unsent} bytes were not sent: ${why}`;
  }

  /** Another exit handler writes after ours had its turn: nothing else will come to send it. */
  #sendAtEnd(): void {
    drain([this.#end]);
    const complaint = this.#complaint();
    if (complaint !== undefined) complain(complaint);
  }

  /** Bytes that were written and not yet handed to the kernel. */
  get waitingBytes(): number {
    return this.#buffer.size;
  }

  /** What was dropped since the file was opened, because `bufferLimit` bytes were waiting. */
  get dropped(): Readonly<Dropped> {
    return { ...this.#dropped };
  }

  /**
   * Sends what waits before it returns, waiting for the daemon at most `timeout`. For loggers that are about to end the
   * process.
   *
   * @throws OfflogError the daemon's, or a TimeoutError
   */
  flushSync(): void {
    if (this.#closed !== undefined) return;
    drain([this.#end]);
    this.#throwFailure();
    if (!this.#buffer.isEmpty) throw this.#late();
  }

  /**
   * Waits until at most `bytes` bytes wait: for programs that would rather wait than have `bufferLimit` reached.
   *
   * @param bytes 0 unless told otherwise
   * @param timeout milliseconds without any progress until it rejects with a TimeoutError; for ever unless told otherwise
   */
  async drained(bytes = 0, timeout = Number.POSITIVE_INFINITY): Promise<void> {
    this.#sender.handOver();
    for (;;) {
      this.#throwFailure();
      if (this.#buffer.size <= bytes) return;
      if (!(await this.#sender.progress(timeout))) throw this.#late();
    }
  }

  #late(): OfflogError {
    const unsentBytes = this.#buffer.size;
    const error = timeoutError(`the offlog daemon takes no data: ${unsentBytes} bytes were not sent`);
    return Object.assign(error, { unsentBytes });
  }

  /**
   * Sends everything, waits until the daemon has written it, and closes. Called again it answers the same.
   *
   * @param options.timeout milliseconds without any progress until it gives up; that of `open` unless told otherwise
   * @throws OfflogError whose `unsentBytes` says how many bytes were not handed over
   */
  close({ timeout = this.#settings.timeout }: { timeout?: number } = {}): Promise<void> {
    this.#closed ??= this.#close(timeout);
    return this.#closed;
  }

  async #close(timeout: number): Promise<void> {
    const sender = this.#sender;
    sender.closes();
    try {
      await this.drained(0, timeout);
      const finished = await sender.finish(timeout);
      this.#throwFailure();
      if (!finished) throw timeoutError('the offlog daemon did not say that all is written');
    } catch (error) {
      const unsentBytes = sender.failure?.unsentBytes ?? this.#buffer.size;
      throw Object.assign(error as OfflogError, { unsentBytes });
    } finally {
      sender.end();
      this.#buffer.clear();
      drainNoMore(this.#end);
    }
  }

  /** Closes: `await using file = await ProxyFile.open(…)`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * A stream that passes on to this file at once, holding nothing back, for loggers that want one, such as winston. Its
   * end closes the file.
   */
  writable(): Writable {
    return new Writable({
      decodeStrings: false,
      write: (chunk: string | Uint8Array, encoding, done) => {
        try {
          const text = typeof chunk === 'string' && encoding !== 'utf8' && encoding !== 'utf-8';
          this.write(text ? Buffer.from(chunk, encoding) : chunk);
          done();
        } catch (error) {
          done(error as Error);
        }
      },
      final: (done) => {
        this.close().then(() => done(), done);
      },
    });
  }
}
