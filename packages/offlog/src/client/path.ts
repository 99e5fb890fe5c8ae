import { resolve } from 'node:path';
import { cwd } from 'node:process';
import { fileURLToPath } from 'node:url';
import { PATH_MAX } from '../protocol.ts';
import { OfflogError } from './errors.ts';

/** The name of a file: text, bytes (names need not be UTF-8) or a `file:` URL. */
export type FilePath = string | Uint8Array | URL;

/**
 * The absolute path of a file as bytes; relative ones are taken from the working folder. Throws a ValueError for NUL in
 * the path and for more than PATH_MAX bytes, which no daemon takes.
 */
export function absolutePath(filepath: FilePath): Buffer {
  const named = filepath instanceof URL ? fileURLToPath(filepath) : filepath;
  if (typeof named !== 'string' && !(named instanceof Uint8Array)) {
    throw new TypeError('filepath must be a string, a Buffer or a file: URL');
  }
  // One character a byte, so that path.resolve works on any bytes.
  const latin1 = (text: string | Uint8Array) => Buffer.from(text as string).toString('latin1');
  const path = Buffer.from(resolve(latin1(cwd()), latin1(named)), 'latin1');
  if (path.includes(0)) throw new OfflogError('ValueError', 'embedded null byte in filepath', { errno: 22 });
  if (path.length > PATH_MAX) throw new OfflogError('ValueError', 'path longer than PATH_MAX', { errno: 36 });
  return path;
}
