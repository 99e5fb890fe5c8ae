/** Where a MySQL database is and who reads and writes it. */
export interface MysqlAddress {
  readonly scheme: 'mysql';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls: Tls;
}

/**
 * `off`; `verified`: the server's certificate is checked, by the authorities of Node and for its name, or by those of a
 * file; `unverified`: encrypted, but whoever is in between can be the server.
 */
type Tls =
  | { readonly kind: 'off' }
  | { readonly kind: 'verified'; readonly authorities?: string }
  | { readonly kind: 'unverified' };

const FORM = 'mysql://user:password@host:3306/database';
const DEFAULT_PORT = 3306;

/**
 * Takes `mysql://user:password@host:port/database?ssl=…&charset=utf8mb4` apart; parts are percent-decoded. Throws an Error
 * that says what is wrong, and never tells the password.
 */
export function parseMysqlAddress(text: string): MysqlAddress {
  // By hand and not by URL: a password may hold what a URL would take for the beginning of something else.
  const [, credentials, host = '', path, query = ''] =
    /^mysql:\/\/(?:(.*)@)?([^@/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/is.exec(text) ?? [];
  if (path === undefined) throw new Error(`it is no data source name such as ${FORM}`);
  const database = decode(path, 'database');
  if (database === '' || database.includes('\0') || database.includes('/')) {
    throw new Error(`the name of the database is missing, as in ${FORM}`);
  }
  const [user = '', ...password] = (credentials ?? '').split(':');
  if (user === '') throw new Error(`the name of the user is missing, as in ${FORM}`);
  return {
    scheme: 'mysql',
    ...parseHost(host),
    user: decode(user, 'user'),
    password: decode(password.join(':'), 'password'),
    database,
    tls: parseOptions(query),
  };
}

/** The DSN without its password, for people. */
export function describe({ host, port, user, database }: MysqlAddress): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `mysql://${encodeURIComponent(user)}@${name}:${port}/${encodeURIComponent(database)}`;
}

function parseHost(text: string): { host: string; port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]*))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || host === '') throw new Error(`the host is missing or no host, as in ${FORM}`);
  const port = digits === undefined ? DEFAULT_PORT : Number(digits);
  if (port < 1 || port > 65_535) throw new Error(`${digits} is no port`);
  return { host: decode(host, 'host'), port };
}

function parseOptions(query: string): Tls {
  let tls: Tls = { kind: 'off' };
  for (const option of query.split('&').filter((part) => part !== '')) {
    const [name = '', ...rest] = option.split('=');
    const value = decode(rest.join('='), name);
    if (name === 'ssl') tls = parseTls(value);
    else if (name === 'charset') checkCharset(value);
    else throw new Error(`'${name}' is no option of a MySQL store; there are ssl and charset`);
  }
  return tls;
}

function parseTls(value: string): Tls {
  switch (value.toLowerCase()) {
    case 'true':
    case '1':
      return { kind: 'verified' };
    case 'skip-verify':
      return { kind: 'unverified' };
    case 'false':
    case '0':
      return { kind: 'off' };
    default:
      if (value.startsWith('/')) return { kind: 'verified', authorities: value };
      throw new Error(
        `ssl takes true, skip-verify, false or the absolute path of a file of authorities, not '${value}'`,
      );
  }
}

/** Only utf8mb4 has every character; MySQL's shorter names for it are taken for what was meant. */
function checkCharset(value: string): void {
  if (/^utf-?8(mb[34])?(_\w+)?$/i.test(value)) return;
  throw new Error(`charset is always utf8mb4, which has every character, never '${value}'`);
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error(`a percent sign in the ${part} is not followed by two hexadecimal digits of UTF-8`);
  }
}
