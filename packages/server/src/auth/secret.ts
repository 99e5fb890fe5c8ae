import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** A secret from `file`, made with the first start; `made` tells whether it was. Mode 0600: who reads it can sign in. */
export function secretFrom(file: string): { secret: string; made: boolean } {
  if (existsSync(file)) return { secret: readFileSync(file, 'utf8').trim(), made: false };
  const secret = randomBytes(32).toString('base64url');
  writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  return { secret, made: true };
}
