import { constants } from 'node:os';
import { repr } from './python-repr.ts';

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
  EALREADY: 'BlockingIOError',
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

/** What glibc says of the errors that Node knows by name. */
const TEXTS: Readonly<Record<string, string>> = {
  E2BIG: 'Argument list too long',
  EACCES: 'Permission denied',
  EADDRINUSE: 'Address already in use',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EAFNOSUPPORT: 'Address family not supported by protocol',
  EAGAIN: 'Resource temporarily unavailable',
  EALREADY: 'Operation already in progress',
  EBADF: 'Bad file descriptor',
  EBUSY: 'Device or resource busy',
  ECANCELED: 'Operation canceled',
  ECONNABORTED: 'Software caused connection abort',
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EDESTADDRREQ: 'Destination address required',
  EDQUOT: 'Disk quota exceeded',
  EEXIST: 'File exists',
  EFAULT: 'Bad address',
  EFBIG: 'File too large',
  EHOSTDOWN: 'Host is down',
  EHOSTUNREACH: 'No route to host',
  EILSEQ: 'Invalid or incomplete multibyte or wide character',
  EINTR: 'Interrupted system call',
  EINVAL: 'Invalid argument',
  EIO: 'Input/output error',
  EISCONN: 'Transport endpoint is already connected',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  EMFILE: 'Too many open files',
  EMLINK: 'Too many links',
  EMSGSIZE: 'Message too long',
  ENAMETOOLONG: 'File name too long',
  ENETDOWN: 'Network is down',
  ENETUNREACH: 'Network is unreachable',
  ENFILE: 'Too many open files in system',
  ENOBUFS: 'No buffer space available',
  ENODATA: 'No data available',
  ENODEV: 'No such device',
  ENOENT: 'No such file or directory',
  ENOEXEC: 'Exec format error',
  ENOMEM: 'Cannot allocate memory',
  ENOPROTOOPT: 'Protocol not available',
  ENOSPC: 'No space left on device',
  ENOSYS: 'Function not implemented',
  ENOTCONN: 'Transport endpoint is not connected',
  ENOTDIR: 'Not a directory',
  ENOTEMPTY: 'Directory not empty',
  ENOTSOCK: 'Socket operation on non-socket',
  ENOTSUP: 'Operation not supported',
  ENOTTY: 'Inappropriate ioctl for device',
  ENXIO: 'No such device or address',
  EOVERFLOW: 'Value too large for defined data type',
  EPERM: 'Operation not permitted',
  EPIPE: 'Broken pipe',
  EPROTO: 'Protocol error',
  EPROTONOSUPPORT: 'Protocol not supported',
  EPROTOTYPE: 'Protocol wrong type for socket',
  ERANGE: 'Numerical result out of range',
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

/** Python's repr() of os.fsdecode(path): a byte that is no UTF-8 is a lone surrogate there, `\udcff` for 0xff. */
export function reprOfPath(path: Uint8Array): string {
  return repr(fsdecode(path));
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
