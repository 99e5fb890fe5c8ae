import { constants } from 'node:os';

/**
 * Errors as the daemon names them: by the classes of Python's exceptions. The class is the error's `name`; an error of
 * the system has its number as `errno` and the number's name (`ENOENT`) as `code`.
 */
export class OfflogError extends Error {
  /** The errno's name: `ENOENT`, `ETIMEDOUT`. */
  declare readonly code?: string;
  /** The errno itself, positive as in C. */
  declare readonly errno?: number;
  /** Bytes that were taken by `write` and not handed to the kernel; set by a failing `close` and on a broken connection. */
  declare unsentBytes?: number;

  constructor(name: string, message: string, options: { errno?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    // Not enumerable, so that it is not printed twice.
    Object.defineProperty(this, 'name', { value: name, configurable: true, writable: true });
    if (options.errno === undefined) return;
    this.errno = options.errno;
    const code = codeOf(options.errno);
    if (code !== undefined) this.code = code;
  }
}

const NUMBERS: Readonly<Record<string, number>> = constants.errno;

function codeOf(errno: number): string | undefined {
  return Object.keys(NUMBERS).find((name) => NUMBERS[name] === errno);
}

/** The number behind the classes that have only one, for texts that do not say `[Errno N]`. */
const BY_CLASS: Readonly<Record<string, string>> = {
  BrokenPipeError: 'EPIPE',
  ConnectionResetError: 'ECONNRESET',
  FileNotFoundError: 'ENOENT',
  IsADirectoryError: 'EISDIR',
  NotADirectoryError: 'ENOTDIR',
  TimeoutError: 'ETIMEDOUT',
};

/**
 * The error in a message of the daemon, `Class: text`; undefined for what is none, such as `ROTATED`, which daemons of
 * offlog 0.3 send.
 */
export function errorOfMessage(message: string): OfflogError | undefined {
  const [, name, text] = /^(\w+): (.*)$/s.exec(message) ?? [];
  if (name === undefined || text === undefined) return undefined;
  const [, number] = /^\[Errno (\d+)\]/.exec(text) ?? [];
  const errno = number === undefined ? NUMBERS[BY_CLASS[name] ?? ''] : Number(number);
  return new OfflogError(name, text, errno === undefined ? {} : { errno });
}

/** What the daemon says to every client when it is told to stop. */
export function saysThatDaemonStops(error: OfflogError): boolean {
  return error.name === 'OSError' && error.message === 'offlog server exited';
}

export function timeoutError(message: string): OfflogError {
  return new OfflogError('TimeoutError', message, { errno: NUMBERS.ETIMEDOUT ?? 110 });
}

/** The daemon closed the connection and said nothing. With `reset` it had not read everything. */
export function connectionLost(reset: boolean): OfflogError {
  const text = 'the offlog daemon closed the connection';
  return reset
    ? new OfflogError('ConnectionResetError', `[Errno 104] Connection reset by peer: ${text}`, { errno: 104 })
    : new OfflogError('BrokenPipeError', `[Errno 32] Broken pipe: ${text}`, { errno: 32 });
}

/** Connecting to the daemon's socket failed. */
export function connectError(cause: NodeJS.ErrnoException, sockPath: string): OfflogError {
  const errno = cause.errno === undefined ? {} : { errno: Math.abs(cause.errno) };
  switch (cause.code) {
    case 'ENOENT':
      return new OfflogError('FileNotFoundError', `server socket ${sockPath} not found`, { ...errno, cause });
    case 'ECONNREFUSED':
      return new OfflogError('ConnectionRefusedError', `no offlog daemon listens on ${sockPath}`, {
        ...errno,
        cause,
      });
    case 'EACCES':
    case 'EPERM':
      return new OfflogError('PermissionError', `no permission to connect to ${sockPath}`, {
        ...errno,
        cause,
      });
    default:
      return new OfflogError('OSError', `cannot connect to ${sockPath}: ${cause.message}`, {
        ...errno,
        cause,
      });
  }
}
