import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/**
 * A secret from `file`, made with the first start; `made` tells whether it was. Mode 0600: who reads it can sign in.
 * Throws an Error when the file can be neither read nor made.
 */
export function secretFrom(file: string): { secret: string; made: boolean } {
  const kept = read(file);
  if (kept !== undefined && kept !== '') return { secret: kept, made: false };
  // A power cut can leave an empty file behind; signing with nothing would let everybody in.
  if (kept === '') rmSync(file, { force: true });
  const secret = randomBytes(32).toString('base64url');
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${secret}\n`, { mode: 0o600, flush: true });
  try {
    // A link is whole or not there, and never replaces the one that another start has made meanwhile.
    linkSync(draft, file);
    return { secret, made: true };
  } catch (error) {
    const other = read(file);
    if (other === undefined || other === '') throw error;
    return { secret: other, made: false };
  } finally {
    rmSync(draft, { force: true });
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
