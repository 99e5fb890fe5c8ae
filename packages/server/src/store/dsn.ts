import { type MysqlAddress, parseAddress } from './mysql/address.ts';

/** A data source name, taken apart. */
export type Dsn =
  | {
      readonly scheme: 'sqlite';
      /** Of the database file; relative to the working folder unless it begins with a slash. */
      readonly path: string;
    }
  | { readonly scheme: 'mysql'; readonly address: MysqlAddress };

/** Schemes of the stores there are. */
const SCHEMES = ['sqlite', 'mysql'];

/**
 * Takes `sqlite:///relative`, `sqlite:////absolute` or `mysql://user:password@host:3306/database` apart and decodes its
 * percent signs. Throws an Error that says what is wrong, the known schemes listed, and never tells a password.
 */
export function parseDsn(text: string): Dsn {
  if (/^mysql:/i.test(text)) return { scheme: 'mysql', address: parseAddress(text) };
  const [, scheme, host, path] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)\/([^?#]*)$/i.exec(text) ?? [];
  if (scheme === undefined || host === undefined || path === undefined) {
    throw new Error('it is no data source name such as sqlite:///chronologer.sqlite');
  }
  if (scheme.toLowerCase() !== 'sqlite') {
    throw new Error(`'${scheme}' is no known kind of store; known: ${SCHEMES.join(', ')}`);
  }
  if (host !== '')
    throw new Error('a SQLite database has no host: three slashes, or four for an absolute path');
  const decoded = decode(path);
  if (decoded === '' || decoded.includes('\0')) throw new Error('the path of the database file is missing');
  if (decoded === ':memory:') throw new Error('a database in memory would be lost: name a file');
  // SQLite takes a path that begins with file: for a URI, with a meaning of its own.
  return { scheme: 'sqlite', path: decoded.startsWith('file:') ? `./${decoded}` : decoded };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('a percent sign is not followed by two hexadecimal digits of UTF-8');
  }
}
