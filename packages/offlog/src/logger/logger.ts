import { Console } from 'node:console';
import type { ProxyFileOptions } from '../client/options.ts';
import type { FilePath } from '../client/path.ts';
import { type LogFile, openLocalFile, openProxyFile, quiet } from './file.ts';
import { CRITICAL, DEBUG, ERROR, INFO, WARNING } from './levels.ts';
import { lineOf } from './line.ts';

export type LoggerOptions = ProxyFileOptions & {
  /** From this level up to the file; DEBUG. null: none, and the file is not opened. */
  fileLevel?: number | null | undefined;
  /** From this level up to below `stderrLevel` to standard output; INFO. null: none. */
  stdoutLevel?: number | null | undefined;
  /** From this level up to standard error; WARNING. null: none, and standard output has no upper bound. */
  stderrLevel?: number | null | undefined;
  /** Writes the file from this process, without a daemon; false. */
  localFile?: boolean | undefined;
};

/** Where lines go; a logger and its children share it. */
type Outputs = {
  readonly file: LogFile | undefined;
  readonly fileLevel: number;
  readonly stdoutLevel: number;
  readonly stderrLevel: number;
  readonly console: Console;
};

/**
 * Logs to a file through the daemon, to standard output and to standard error, with lines such as
 * `[2023-07-03 10:12:54.796 my app INFO] text`.
 *
 * Messages are formatted as Python's % does, when there are arguments; an Error as the last argument, or instead of a
 * message, is printed with its stack on the lines that follow. No method throws or waits for the file. (Standard output
 * and error are Node's: to pipes and files it writes synchronously.) When the connection to the daemon breaks, that is
 * said on standard error once, and the other outputs go on; the reference throws instead.
 */
export class Logger {
  readonly #name: string | null;
  readonly #outputs: Outputs;
  /** Below this level nothing is done. */
  readonly #least: number;
  readonly #isChild: boolean;

  private constructor(name: string | null, outputs: Outputs, isChild: boolean) {
    this.#name = name;
    this.#outputs = outputs;
    this.#isChild = isChild;
    const { file, fileLevel, stdoutLevel, stderrLevel } = outputs;
    this.#least = Math.min(
      file === undefined ? Number.POSITIVE_INFINITY : fileLevel,
      stdoutLevel,
      stderrLevel,
    );
  }

  /**
   * @param name stands in each line; null for none
   * @param filepath null for no file
   * @throws OfflogError when the file cannot be opened, as `ProxyFile.open` does; with `localFile` the system's error
   */
  static async open(
    name: string | null = null,
    filepath: FilePath | null = null,
    options: LoggerOptions = {},
  ): Promise<Logger> {
    const { fileLevel = DEBUG, stdoutLevel = INFO, stderrLevel = WARNING, localFile = false } = options;
    let file: LogFile | undefined;
    if (filepath !== null && fileLevel !== null) {
      file = quiet(localFile ? openLocalFile(filepath) : await openProxyFile(filepath, options), filepath);
    }
    const outputs = {
      file,
      fileLevel: fileLevel ?? Number.POSITIVE_INFINITY,
      stdoutLevel: stdoutLevel ?? Number.POSITIVE_INFINITY,
      stderrLevel: stderrLevel ?? Number.POSITIVE_INFINITY,
      // Its own console: no groups of the application, no failing when a reader has gone.
      console: new Console({ stdout: process.stdout, stderr: process.stderr, ignoreErrors: true }),
    };
    return new Logger(name, outputs, false);
  }

  /** Logs at any level; what is no number counts as INFO. */
  log(level: number, message: unknown, ...args: unknown[]): void {
    if (level < this.#least) return;
    this.#write(typeof level === 'number' && !Number.isNaN(level) ? level : INFO, message, args);
  }

  debug(message: unknown, ...args: unknown[]): void {
    if (DEBUG >= this.#least) this.#write(DEBUG, message, args);
  }

  info(message: unknown, ...args: unknown[]): void {
    if (INFO >= this.#least) this.#write(INFO, message, args);
  }

  warning(message: unknown, ...args: unknown[]): void {
    if (WARNING >= this.#least) this.#write(WARNING, message, args);
  }

  error(message: unknown, ...args: unknown[]): void {
    if (ERROR >= this.#least) this.#write(ERROR, message, args);
  }

  /** The same as `error`: JavaScript has no current exception that it could print by itself. */
  exception(message: unknown, ...args: unknown[]): void {
    this.error(message, ...args);
  }

  critical(message: unknown, ...args: unknown[]): void {
    if (CRITICAL >= this.#least) this.#write(CRITICAL, message, args);
  }

  #write(level: number, message: unknown, args: readonly unknown[]): void {
    const { file, fileLevel, stdoutLevel, stderrLevel, console } = this.#outputs;
    const line = lineOf(this.#name, level, message, args);
    if (file !== undefined && level >= fileLevel) file.write(`${line}\n`);
    if (level >= stderrLevel) console.error(line);
    else if (level >= stdoutLevel) console.log(line);
  }

  /** A logger with the same outputs, named `parent.child`. */
  child(name: string): Logger {
    return new Logger(this.#name === null ? name : `${this.#name}.${name}`, this.#outputs, true);
  }

  /** Closes the file, as `ProxyFile.close` does; lines still go to standard output and error. A child closes nothing. */
  async close(): Promise<void> {
    if (!this.#isChild) await this.#outputs.file?.close();
  }

  /** Closes: `await using log = await Logger.open(…)`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
