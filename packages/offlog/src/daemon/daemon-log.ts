import { reprOfPath } from '../python-error.ts';
import type { Appender } from './appender.ts';
import type { Files } from './files.ts';
import { owned } from './source.ts';

/** Lines that wait for a log that is slow, in bytes; beyond, lines are dropped and counted. */
const MOST_WAITING = 1_048_576;

/** When a log that could not be written is tried again, in milliseconds. */
const RETRY = 5000;

export type Level = 'INFO' | 'WARNING' | 'ERROR';

/**
 * The daemon's own log: a file like any other, rotated like any other, or standard output, with warnings and errors on
 * standard error. It never holds up the daemon.
 */
export class DaemonLog {
  #appender: Appender | undefined;
  #dropped = 0;

  /** Rejects when the file cannot be opened. */
  static async toFile(path: string, files: Files): Promise<DaemonLog> {
    const log = new DaemonLog();
    await new Promise<void>((resolve, reject) => log.#open(Buffer.from(path), files, resolve, reject));
    return log;
  }

  constructor() {
    // Who read them may be gone; that is no reason to end.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  }

  #open(path: Buffer, files: Files, onOpened: () => void, onError: (error: unknown) => void): void {
    const events = {
      onWritten: () => undefined,
      onAwaited: () => undefined,
      onFailed: (error: unknown, lost: number) => this.#failed(path, files, error, lost),
    };
    const opening = files.open(path, events, {
      onOpened: (appender) => {
        this.#appender = appender;
        onOpened();
      },
      onError,
      onWaiting: () => {
        opening.cancel();
        onError(new Error(`${path} is a pipe that nobody reads`));
      },
    });
  }

  /** It goes on where it would be without a file, until the file can be written again. */
  #failed(path: Buffer, files: Files, error: unknown, lost: number): void {
    const appender = this.#appender;
    if (appender === undefined) return;
    this.#appender = undefined;
    files.leave(path, appender);
    const why = error instanceof Error ? error.message : error;
    this.say('ERROR', `The log goes on here; ${lost} bytes of it are lost: ${why}`);
    const retry = () => this.#open(path, files, () => this.info('The log goes on in this file'), again);
    const again = () => setTimeout(retry, RETRY).unref();
    again();
  }

  info(message: string): void {
    this.say('INFO', message);
  }

  warn(message: string): void {
    this.say('WARNING', message);
  }

  say(level: Level, message: string): void {
    if (this.waiting > MOST_WAITING) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0) {
      const dropped = this.#dropped;
      this.#dropped = 0;
      this.#write('WARNING', `${dropped} lines were dropped, for the log was slow`);
    }
    this.#write(level, message);
  }

  /** Bytes that are not in the log yet. */
  get waiting(): number {
    return this.#appender?.pending ?? process.stdout.writableLength + process.stderr.writableLength;
  }

  #write(level: Level, message: string): void {
    const line = Buffer.from(`[${timestamp(new Date())} offlog ${level}] ${message}\n`);
    if (this.#appender === undefined) (level === 'INFO' ? process.stdout : process.stderr).write(line);
    else this.#appender.append(owned(line));
  }
}

/** A path as a log line may show it: quoted when it holds what would break or forge a line. */
export function pathForLog(path: Buffer | undefined): string {
  if (path === undefined) return 'no file';
  const text = path.toString('utf8');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about
  return /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffd]/.test(text) ? reprOfPath(path) : text;
}

/** Local time, as `2023-07-03 10:12:54.796`. */
function timestamp(time: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const second = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return `${day} ${second}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}
