import { isMainThread } from 'node:worker_threads';
import { DEFAULT_SOCKET } from '../protocol.ts';
import type { OfflogError } from './errors.ts';

/** What did not fit below `bufferLimit`. */
export type Dropped = {
  bytes: number;
  /** How many calls of `write` they came from: a write is taken whole or not at all. */
  writes: number;
};

/** What a new connection to the daemon could not save. */
export type Reconnected = {
  /**
   * At most so many of the last bytes handed over may be missing from the file. The protocol acknowledges nothing, so
   * this is what can be under way: the socket's buffer and what a daemon holds, or everything sent, if that is less. 0
   * when the daemon said that it stops, since it writes all that was sent before it goes. They are not sent again, so no line
   * is there twice.
   */
  uncertainBytes: number;
  /** Bytes that were kept and are sent now. */
  unsentBytes: number;
  /** Why the connection had ended. */
  error: OfflogError;
};

export type ProxyFileOptions = {
  /** The daemon's socket; `/tmp/offlog.sock`. */
  sockPath?: string | undefined;
  /** Milliseconds that opening waits for the daemon, closing for progress, and an exit for sending what is left; 5,000. */
  timeout?: number | undefined;
  /** Bytes that may wait in this process for a slow daemon; 64 MiB. */
  bufferLimit?: number | undefined;
  /** Called after something was dropped because of `bufferLimit`, at most once a turn of the event loop. */
  onDrop?: ((dropped: Dropped) => void) | undefined;
  /**
   * When data is handed to the kernel: `tick`, once a turn of the event loop and whenever some 64 KiB wait; or `write`,
   * within each write, so that nothing the kernel had room for is lost when the process is killed. `write` is the default
   * in worker threads, whose exit handlers do not run when they are terminated or the main thread exits.
   */
  flush?: 'tick' | 'write' | undefined;
  /** Connects anew when the daemon went away, instead of throwing at the next write; false. */
  reconnect?: boolean | undefined;
  /** Called after that. */
  onReconnect?: ((reconnected: Reconnected) => void) | undefined;
};

/** Options with nothing left open. */
export type Settings = {
  readonly sockPath: string;
  readonly timeout: number;
  readonly bufferLimit: number;
  readonly flush: 'tick' | 'write';
  readonly reconnect: boolean;
  readonly onDrop: (dropped: Dropped) => void;
  readonly onReconnect: (reconnected: Reconnected) => void;
};

/** Fills in the defaults. Throws a TypeError for a value that makes no sense. */
export function settingsOf(options: ProxyFileOptions): Settings {
  const { sockPath = DEFAULT_SOCKET, timeout = 5000, bufferLimit = 64 * 1024 * 1024 } = options;
  const { flush = isMainThread ? 'tick' : 'write', reconnect = false } = options;
  if (typeof sockPath !== 'string') throw new TypeError('sockPath must be a string');
  if (!(timeout > 0)) throw new TypeError('timeout must be a positive number of milliseconds');
  if (!(bufferLimit >= 0)) throw new TypeError('bufferLimit must be a number of bytes');
  if (flush !== 'tick' && flush !== 'write') throw new TypeError("flush must be 'tick' or 'write'");
  const { onDrop = () => {}, onReconnect = () => {} } = options;
  return { sockPath, timeout, bufferLimit, flush, reconnect, onDrop, onReconnect };
}
