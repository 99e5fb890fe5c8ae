import { type ClickhouseAddress, parseServerAddress } from './clickhouse/address.ts';
import { type MysqlAddress, parseMysqlAddress } from './mysql/address.ts';

/** A data source name, taken apart. */
export type Dsn = SqliteFile | MysqlAddress | ClickhouseAddress;

interface SqliteFile {
  readonly scheme: 'sqlite';
  /** Of the database file; relative to the working folder unless it begins with a slash. */
  readonly path: string;
}

/** Each kind of store by its scheme. */
const PARSERS: Readonly<Record<string, (text: string) => Dsn>> = {
  sqlite: parseSqlite,
  mysql: parseMysqlAddress,
  clickhouse: parseServerAddress,
  chdb: parseChdb,
};

/**
 * Takes a data source name such as `sqlite:///relative` or `mysql://user:password@host:3306/database` apart and decodes
 * its percent signs. Throws an Error that says what is wrong, the known schemes listed, and never tells a password.
 */
export function parseDsn(text: string): Dsn {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? [];
  if (scheme === undefined) throw new Error(NO_DSN);
  const name = scheme.toLowerCase();
  const parse = Object.hasOwn(PARSERS, name) ? PARSERS[name] : undefined;
  if (parse === undefined) {
    throw new Error(`'${scheme}' is no known kind of store; known: ${Object.keys(PARSERS).join(', ')}`);
  }
  return parse(text);
}

const NO_DSN = 'it is no data source name such as sqlite:///chronologer.sqlite';

function parseSqlite(text: string): Dsn {
  const decoded = pathOf(text, 'a SQLite database');
  if (decoded === '' || decoded.includes('\0')) throw new Error('the path of the database file is missing');
  if (decoded === ':memory:') throw new Error('a database in memory would be lost: name a file');
  // SQLite takes a path that begins with file: for a URI, with a meaning of its own.
  return { scheme: 'sqlite', path: decoded.startsWith('file:') ? `./${decoded}` : decoded };
}

function parseChdb(text: string): Dsn {
  const folder = pathOf(text, 'a chdb store');
  if (folder === '' || folder.includes('\0')) throw new Error('the path of the folder is missing');
  if (folder === ':memory:') throw new Error('a store in memory would be lost: name a folder');
  return { scheme: 'chdb', folder };
}

/** The path of a DSN without host, query and fragment. */
function pathOf(text: string, what: string): string {
  const [, host, path] = /^[^:]+:\/\/([^/?#]*)\/([^?#]*)$/.exec(text) ?? [];
  if (host === undefined || path === undefined) throw new Error(NO_DSN);
  if (host !== '') throw new Error(`${what} has no host: three slashes, or four for an absolute path`);
  return decode(path);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('a percent sign is not followed by two hexadecimal digits of UTF-8');
  }
}
