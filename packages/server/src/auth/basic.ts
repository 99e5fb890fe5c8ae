import { isUtf8 } from 'node:buffer';
import { ApiError } from '../errors.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** `Basic`, one blank, base64 with its padding; the scheme in any case. */
const FORM = /^basic ((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/i;

/**
 * The credentials of an Authorization header (RFC 7617, in UTF-8), undefined without one. Throws an ApiError (400) for a
 * header that is anything else, as Chronologer 0.4.5 does.
 */
export function basicCredentials(header: string | undefined): Credentials | undefined {
  if (header === undefined) return undefined;
  const bytes = Buffer.from(FORM.exec(header)?.[1] ?? '', 'base64');
  const text = isUtf8(bytes) ? bytes.toString('utf8') : '';
  const colon = text.indexOf(':');
  if (colon === -1)
    throw new ApiError('badRequest', 'The Authorization header is no valid Basic credentials');
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
