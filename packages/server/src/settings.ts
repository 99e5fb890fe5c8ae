import {
  dsn,
  integer,
  oneOf,
  positive,
  type Reader,
  seconds,
  size,
  text,
  words,
} from './settings-readers.ts';

export type Environment = 'development' | 'production';

/** One setting: its variable, how its value is read, what it is without one, and what it means. */
interface Setting<T> {
  readonly variable: string;
  readonly read: Reader<T>;
  readonly default: T | ((environment: Environment) => T);
  /** The default for people, where the value itself does not say it. */
  readonly defaultText?: string;
  /** Whether an empty text is a value; otherwise it counts as not set. */
  readonly emptyCounts?: boolean;
  readonly meaning: string;
}

function setting<T>(description: Setting<T>): Setting<T> {
  return description;
}

/** Every setting there is. The documentation is made from this table. */
export const SETTINGS = {
  storageDsn: setting({
    variable: 'CHRONOLOGER_STORAGE_DSN',
    read: dsn,
    default: 'sqlite:///chronologer.sqlite',
    meaning:
      'Where records are stored: `sqlite:///relative` or `sqlite:////absolute`, relative to the working folder; `mysql://user:password@host:3306/database`; `clickhouse://user:password@host:8123/database`; `chdb:///folder`; parts are percent-decoded',
  }),
  migrations: setting<string | undefined>({
    variable: 'CHRONOLOGER_MIGRATIONS',
    read: text,
    default: undefined,
    meaning:
      "A folder of migrations of your own, applied in the order of their names behind the built-in ones: `.sql` files, and `.py` files of 0.4.5 that hold `step('…')`",
  }),
  host: setting({
    variable: 'CHRONOLOGER_HOST',
    read: text,
    default: (environment) => (environment === 'production' ? '0.0.0.0' : '127.0.0.1'),
    defaultText: '`127.0.0.1`; in production `0.0.0.0`',
    meaning: 'Address to listen on',
  }),
  port: setting({
    variable: 'CHRONOLOGER_PORT',
    read: integer(0, 65535),
    default: 8080,
    meaning: 'Port to listen on; 0 takes any free one and logs it',
  }),
  username: setting({
    variable: 'CHRONOLOGER_USERNAME',
    read: text,
    default: 'logger',
    meaning: 'Name of the one user',
  }),
  password: setting({
    variable: 'CHRONOLOGER_PASSWORD',
    read: text,
    default: '',
    defaultText: 'empty',
    emptyCounts: true,
    meaning: 'Password of the one user; production with an empty one starts and warns',
  }),
  roles: setting<readonly string[]>({
    variable: 'CHRONOLOGER_ROLES',
    read: words,
    default: ['basic-reader', 'writer'],
    defaultText: '`basic-reader writer`',
    emptyCounts: true,
    meaning: 'Roles of the one user, split at white space: `basic-reader`, `query-reader`, `writer`',
  }),
  authfile: setting<string | undefined>({
    variable: 'CHRONOLOGER_AUTHFILE',
    read: text,
    default: undefined,
    meaning: 'A JSON list of users, in place of the one user; read again when it changes',
  }),
  secret: setting<string | undefined>({
    variable: 'CHRONOLOGER_SECRET',
    read: text,
    default: undefined,
    defaultText:
      'made on the first start and kept beside the database of SQLite or the folder of chdb; elsewhere made for one run',
    meaning: "Signs the web page's cookie",
  }),
  threadPoolSize: setting({
    variable: 'CHRONOLOGER_THREAD_POOL_SIZE',
    read: integer(1, 1024),
    default: 8,
    meaning: 'Reading workers at most; they are started as they are needed',
  }),
  retentionDays: setting<number | undefined>({
    variable: 'CHRONOLOGER_RETENTION_DAYS',
    read: positive,
    default: undefined,
    meaning: 'Older records are removed daily at midnight UTC; fractions are taken',
  }),
  retentionBytes: setting<number | undefined>({
    variable: 'CHRONOLOGER_RETENTION_BYTES',
    read: size(1),
    default: undefined,
    meaning:
      'Above this size of the store the oldest records are removed; units such as 10GB or 512MiB are taken',
  }),
  httpCompressLevel: setting<number | undefined>({
    variable: 'CHRONOLOGER_HTTP_COMPRESS_LEVEL',
    read: integer(1, 11),
    default: undefined,
    defaultText: 'gzip 6, brotli 4, zstd 3',
    meaning: 'Level of compressed answers (production): of gzip at most 9, of brotli and zstd at most 11',
  }),
  bodyLimit: setting({
    variable: 'CHRONOLOGER_BODY_LIMIT',
    read: size(1),
    default: 64 * 2 ** 20,
    defaultText: '`64MiB`',
    meaning: 'Largest body of a request, also when unpacked; units are taken',
  }),
  queryTimeout: setting({
    variable: 'CHRONOLOGER_QUERY_TIMEOUT',
    read: seconds,
    default: 30,
    meaning: 'Seconds that the store may take for one reading request; fractions are taken',
  }),
  node: setting({
    variable: 'CHRONOLOGER_NODE',
    read: integer(0, 15),
    default: 0,
    meaning: 'Number of this server, another one for each that writes to the same ClickHouse store',
  }),
  logLevel: setting({
    variable: 'CHRONOLOGER_LOG_LEVEL',
    read: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal'),
    default: 'info',
    meaning:
      "Level of the server's own log: `trace`, `debug` (a line a request), `info`, `warn`, `error`, `fatal`",
  }),
} as const;

type Table = typeof SETTINGS;

/** The settings of a run, frozen. */
export type Settings = {
  readonly [Name in keyof Table]: Table[Name] extends Setting<infer T> ? T : never;
} & { readonly environment: Environment };

/** A setting that cannot be read; the message names it. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** Where settings come from. `overrides` are by name, from a configuration module, and win over variables. */
export interface Sources {
  readonly environment: Environment;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly overrides?: Readonly<Record<string, unknown>>;
}

/** Reads all settings. Throws a SettingError for a value that cannot be read, or an override that is no setting. */
export function readSettings({ environment, env, overrides = {} }: Sources): Settings {
  const unknown = Object.keys(overrides).find((name) => !Object.hasOwn(SETTINGS, name));
  if (unknown !== undefined) {
    throw new SettingError(`'${unknown}' is no setting; there are ${Object.keys(SETTINGS).join(', ')}`);
  }
  const entries = Object.entries(SETTINGS).map(([name, each]: [string, Setting<unknown>]) => {
    const { variable, read, emptyCounts = false } = each;
    const given = (value: unknown) => value !== undefined && (value !== '' || emptyCounts);
    const overridden = given(overrides[name]);
    const value = [overrides[name], env[variable]].find(given);
    if (value === undefined) {
      return [name, typeof each.default === 'function' ? each.default(environment) : each.default];
    }
    try {
      return [name, read(value)];
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new SettingError(`${overridden ? name : variable} cannot be read: ${reason}`);
    }
  });
  return Object.freeze({ ...Object.fromEntries(entries), environment });
}
