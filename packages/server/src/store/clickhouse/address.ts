/** Where a ClickHouse store is: a server, reached over HTTP, or a folder that chdb keeps. */
export type ClickhouseAddress = ServerAddress | FolderAddress;

export interface ServerAddress {
  readonly scheme: 'clickhouse';
  /** Such as https://host:8443 */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** The cluster on which tables are made, as the server's configuration names it. */
  readonly cluster?: string;
  /** How many replicas an insert waits for, where the server's own setting is not meant: a number or `auto`. */
  readonly insertQuorum?: string;
}

interface FolderAddress {
  readonly scheme: 'chdb';
  /** Relative to the working folder unless it begins with a slash. */
  readonly folder: string;
}

const OPTIONS = ['secure', 'cluster', 'insert_quorum'];
const SHAPE = 'such as clickhouse://user:password@host:8123/database?secure=1&cluster=NAME';

/** Takes `clickhouse://user:password@host:port/database?…` apart. Throws an Error that says what is wrong. */
export function parseServerAddress(text: string): ServerAddress {
  const url = URL.parse(text);
  if (url === null || url.hostname === '' || url.hash !== '')
    throw new Error(`it is no data source name ${SHAPE}`);
  const options = url.searchParams;
  for (const name of options.keys()) {
    if (!OPTIONS.includes(name)) throw new Error(`'${name}' is no option; known: ${OPTIONS.join(', ')}`);
    if (options.getAll(name).length > 1) throw new Error(`the option '${name}' is given twice`);
  }
  const secure = options.get('secure') ?? '0';
  if (secure !== '0' && secure !== '1') throw new Error("the option 'secure' is 0 or 1");
  const cluster = options.get('cluster');
  if (cluster !== null && !/^[\w.-]+$/.test(cluster))
    throw new Error("the option 'cluster' takes a name of letters, digits, '_', '.' and '-'");
  const insertQuorum = options.get('insert_quorum');
  if (insertQuorum !== null && !/^(auto|[1-9]\d{0,2})$/.test(insertQuorum))
    throw new Error("the option 'insert_quorum' is a number from 1 or 'auto'");
  const port = url.port === '' ? (secure === '1' ? '8443' : '8123') : url.port;
  return {
    scheme: 'clickhouse',
    url: `${secure === '1' ? 'https' : 'http'}://${url.hostname}:${port}`,
    user: decode(url.username) || 'default',
    password: decode(url.password),
    database: databaseOf(url.pathname),
    ...(cluster !== null && { cluster }),
    ...(insertQuorum !== null && { insertQuorum }),
  };
}

function databaseOf(pathname: string): string {
  const name = decode(pathname.replace(/^\//, ''));
  if (name === '') return 'default';
  if (!/^[\w-]+$/.test(name))
    throw new Error("the database takes a name of letters, digits, '_' and '-', without a slash");
  return name;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('a percent sign is not followed by two hexadecimal digits of UTF-8');
  }
}

/** The DSN without its password, for people. */
export function describe(address: ClickhouseAddress): string {
  if (address.scheme === 'chdb') return `chdb:///${address.folder}`;
  const { url, user, database, cluster } = address;
  const { host, protocol } = new URL(url);
  const options = [
    ...(protocol === 'https:' ? ['secure=1'] : []),
    ...(cluster ? [`cluster=${cluster}`] : []),
  ];
  const search = options.length > 0 ? `?${options.join('&')}` : '';
  return `clickhouse://${encodeURIComponent(user)}@${host}/${database}${search}`;
}
