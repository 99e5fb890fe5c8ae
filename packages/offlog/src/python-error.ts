import { constants } from 'node:os';

/**
 * Errors as Python writes them, which is what clients of this protocol have been told since its first daemon:
 * `FileNotFoundError: [Errno 2] No such file or directory: '/x'`.
 */

/** An error of the operating system, as Node's fs throws them. */
export interface SystemError extends Error {
  readonly code: string;
}

export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

/** The exceptions that Python has for some errors; the others are OSError (PEP 3151). */
const CLASSES: Readonly<Record<string, string>> = {
  EAGAIN: 'BlockingIOError',
  ECHILD: 'ChildProcessError',
  EPIPE: 'BrokenPipeError',
  ESHUTDOWN: 'BrokenPipeError',
  ECONNABORTED: 'ConnectionAbortedError',
  ECONNREFUSED: 'ConnectionRefusedError',
  ECONNRESET: 'ConnectionResetError',
  EEXIST: 'FileExistsError',
  ENOENT: 'FileNotFoundError',
  EINTR: 'InterruptedError',
  EISDIR: 'IsADirectoryError',
  ENOTDIR: 'NotADirectoryError',
  EACCES: 'PermissionError',
  EPERM: 'PermissionError',
  ESRCH: 'ProcessLookupError',
  ETIMEDOUT: 'TimeoutError',
};

/** What glibc says of the errors that opening and writing files meet. */
const TEXTS: Readonly<Record<string, string>> = {
  E2BIG: 'Argument list too long',
  EACCES: 'Permission denied',
  EAGAIN: 'Resource temporarily unavailable',
  EBADF: 'Bad file descriptor',
  EBUSY: 'Device or resource busy',
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EDQUOT: 'Disk quota exceeded',
  EEXIST: 'File exists',
  EFAULT: 'Bad address',
  EFBIG: 'File too large',
  EHOSTDOWN: 'Host is down',
  EHOSTUNREACH: 'No route to host',
  EINTR: 'Interrupted system call',
  EINVAL: 'Invalid argument',
  EIO: 'Input/output error',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  EMFILE: 'Too many open files',
  ENAMETOOLONG: 'File name too long',
  ENETDOWN: 'Network is down',
  ENETUNREACH: 'Network is unreachable',
  ENFILE: 'Too many open files in system',
  ENODEV: 'No such device',
  ENOENT: 'No such file or directory',
  ENOMEM: 'Cannot allocate memory',
  ENOSPC: 'No space left on device',
  ENOTCONN: 'Transport endpoint is not connected',
  ENOTDIR: 'Not a directory',
  ENOTSUP: 'Operation not supported',
  ENXIO: 'No such device or address',
  EPERM: 'Operation not permitted',
  EPIPE: 'Broken pipe',
  EROFS: 'Read-only file system',
  ESPIPE: 'Illegal seek',
  ESRCH: 'No such process',
  ESTALE: 'Stale file handle',
  ETIMEDOUT: 'Connection timed out',
  ETXTBSY: 'Text file busy',
  EXDEV: 'Invalid cross-device link',
};

const NUMBERS: Readonly<Record<string, number>> = constants.errno;

/** What a client is told of an error: `Class: [Errno N] text`, and of which path. */
export function pythonError(error: unknown, path?: Uint8Array): string {
  if (!isSystemError(error)) return `OSError: ${error instanceof Error ? error.message : String(error)}`;
  const { code } = error;
  const number = NUMBERS[code] ?? 0;
  const text = TEXTS[code] ?? `${code}`;
  return `${CLASSES[code] ?? 'OSError'}: [Errno ${number}] ${text}${path ? `: ${reprOfPath(path)}` : ''}`;
}

/** Not printable to Python: its str.isprintable() by general category, the space apart. */
const UNPRINTABLE = /[\p{C}\p{Z}]/u;

/** Python's repr() of os.fsdecode(path): a byte that is no UTF-8 is a lone surrogate there, `\udcff` for 0xff. */
export function reprOfPath(path: Uint8Array): string {
  const characters = fsdecode(path);
  const quote = characters.includes("'") && !characters.includes('"') ? '"' : "'";
  return `${quote}${characters.map((character) => escaped(character, quote)).join('')}${quote}`;
}

function escaped(character: string, quote: string): string {
  if (character === quote || character === '\\') return `\\${character}`;
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  if (character === ' ' || !UNPRINTABLE.test(character)) return character;
  const point = character.codePointAt(0) ?? 0;
  const hex = point.toString(16);
  if (point <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return point <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** Characters of a path; each byte that is no UTF-8 by itself, as U+DC80 to U+DCFF (PEP 383). */
function fsdecode(path: Uint8Array): string[] {
  const characters: string[] = [];
  for (let at = 0; at < path.length; ) {
    const length = sequenceLength(path, at);
    if (length === 0) characters.push(String.fromCharCode(0xdc00 + (path[at] ?? 0)));
    else
      characters.push(new TextDecoder('utf-8', { ignoreBOM: true }).decode(path.subarray(at, at + length)));
    at += Math.max(1, length);
  }
  return characters;
}

/** Bytes of the UTF-8 character that begins here, 0 for none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    try {
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
        bytes.subarray(at, at + length),
      );
      if (text.length > 0) return length;
    } catch {
      // Not yet, or not at all: a longer sequence may be one.
    }
  }
  return 0;
}
