import { randomBytes } from 'node:crypto';

const TOKEN_BYTES = 8;
/** Randomness for each by itself costs more than all else of a small transaction. */
const TOKENS_AT_ONCE = 128;
let unused: Buffer = Buffer.alloc(0);

/** A token that no other transaction has. */
export function nextToken(): Buffer {
  if (unused.length === 0) unused = randomBytes(TOKENS_AT_ONCE * TOKEN_BYTES);
  const token = unused.subarray(0, TOKEN_BYTES);
  unused = unused.subarray(TOKEN_BYTES);
  return token;
}
