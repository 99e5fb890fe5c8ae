import { pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);

/** The most iterations that Node's PBKDF2 takes. */
export const MAX_ITERATIONS = 2 ** 31 - 1;

/** Hashes an authfile may name, as Python's hashlib calls them: OpenSSL's name and the length of their keys in bytes. */
export const HASHES: ReadonlyMap<string, { readonly digest: string; readonly bytes: number }> = new Map([
  ['md5', { digest: 'md5', bytes: 16 }],
  ['sha1', { digest: 'sha1', bytes: 20 }],
  ['sha224', { digest: 'sha224', bytes: 28 }],
  ['sha256', { digest: 'sha256', bytes: 32 }],
  ['sha384', { digest: 'sha384', bytes: 48 }],
  ['sha512', { digest: 'sha512', bytes: 64 }],
  ['sha3_224', { digest: 'sha3-224', bytes: 28 }],
  ['sha3_256', { digest: 'sha3-256', bytes: 32 }],
  ['sha3_384', { digest: 'sha3-384', bytes: 48 }],
  ['sha3_512', { digest: 'sha3-512', bytes: 64 }],
  ['blake2b', { digest: 'blake2b512', bytes: 64 }],
  ['blake2s', { digest: 'blake2s256', bytes: 32 }],
]);

/** How a password is hashed. */
export interface HashParameters {
  /** A name of HASHES. */
  readonly hashname: string;
  /** Its UTF-8 bytes count, also where it looks like hexadecimal digits. */
  readonly salt: string;
  /** From 1 to MAX_ITERATIONS. */
  readonly iterations: number;
}

/** A hashed password. */
export interface PasswordHash extends HashParameters {
  /** As many bytes as the hash gives. */
  readonly key: Uint8Array;
}

/** PBKDF2-HMAC (RFC 8018) over the UTF-8 password, in the thread pool. */
export async function hashPassword(password: string, parameters: HashParameters): Promise<Buffer> {
  const hash = HASHES.get(parameters.hashname);
  if (hash === undefined) throw new Error(`'${parameters.hashname}' is no known hash`);
  return await derive(password, parameters.salt, parameters.iterations, hash.bytes, hash.digest);
}

/** Whether this is the password that was hashed; the comparison takes constant time. */
export async function isPassword(password: string, hash: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await hashPassword(password, hash), hash.key);
}
