import { readFileSync } from 'node:fs';
import type { Connection } from 'mysql2/promise';
import { StoreError } from '../store-error.ts';
import type { MysqlAddress } from './address.ts';

/** A column of a row, as the driver gives it: dates and JSON stay text. */
export type Value = string | number | Buffer | null;
export type Row = readonly Value[];

/** What became of a statement without rows. */
export interface Outcome {
  readonly insertId: number;
  readonly affectedRows: number;
}

/** What a connection is for; each has a session of its own kind. */
export type Purpose = 'writing' | 'reading' | 'migrating';

const CONNECT_TIMEOUT = 5000;

/** A server's kind, where it makes a difference to SQL. */
export type Flavour = 'mysql' | 'mariadb';

/**
 * A connection, the smallest part of the driver that is in use. Errors are the driver's own (fault.ts knows them); after
 * one for which `isLost` holds the session is dead.
 */
export class Session {
  readonly #connection: Connection;
  readonly flavour: Flavour;
  /** Of what is under way: the driver forgets it when the connection is torn. */
  readonly #pending = new Set<(reason: Error) => void>();
  /** Of the connection on the server, for KILL. */
  readonly threadId: number;
  /** Bytes that the server takes in one packet. */
  readonly maxPacket: number;

  private constructor(connection: Connection, flavour: Flavour, threadId: number, maxPacket: number) {
    this.#connection = connection;
    this.flavour = flavour;
    this.threadId = threadId;
    this.maxPacket = maxPacket;
  }

  /** Connects. `seconds`: how long a SELECT may take at most. Rejects with the driver's error. */
  static async open(address: MysqlAddress, purpose: Purpose, seconds?: number): Promise<Session> {
    const connection = await connect(address, purpose);
    try {
      const [rows] = await connection.query({
        sql: 'SELECT VERSION(), CONNECTION_ID(), @@max_allowed_packet',
        rowsAsArray: true,
      });
      const [version, threadId, maxPacket] = (rows as unknown as Row[])[0] ?? [];
      const flavour = /mariadb/i.test(textOf(version)) ? 'mariadb' : 'mysql';
      for (const sql of settings(purpose, flavour, seconds)) await connection.query(sql);
      return new Session(connection, flavour, numberOf(threadId), numberOf(maxPacket));
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  /** The rows of one SELECT. */
  async rows(sql: string): Promise<readonly Row[]> {
    const [rows] = await this.#pended(this.#connection.query({ sql, rowsAsArray: true }));
    return rows as unknown as Row[];
  }

  /** Does statements without rows, on a writing or migrating connection several at once; one outcome each. */
  async run(sql: string): Promise<readonly Outcome[]> {
    const [result] = await this.#pended(this.#connection.query(sql));
    return (Array.isArray(result) ? result : [result]) as unknown as Outcome[];
  }

  /** Lets the server parse a statement and look its names up, without doing it; how many placeholders it has. */
  async parse(sql: string): Promise<number> {
    const prepared = await this.#pended(this.#connection.prepare(sql));
    const { statement } = prepared as unknown as {
      readonly statement: { readonly parameters: readonly unknown[] };
    };
    await prepared.close();
    return statement.parameters.length;
  }

  /** Says goodbye; never rejects. */
  async close(): Promise<void> {
    await this.#connection.end().catch(() => this.destroy());
  }

  /** Tears the connection; whatever is under way rejects. */
  destroy(): void {
    this.#connection.destroy();
    // The driver says goodbye and waits for the other side, which may be gone.
    const { connection } = this.#connection as unknown as { connection: { stream: { destroy(): void } } };
    connection.stream.destroy();
    for (const reject of this.#pending) reject(new ConnectionTorn());
    this.#pending.clear();
  }

  #pended<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      const done = () => this.#pending.delete(reject);
      work.then(resolve, reject).then(done, done);
    });
  }
}

/** As the driver's own errors of a connection that is gone. */
class ConnectionTorn extends Error {
  readonly code = 'PROTOCOL_CONNECTION_LOST';
  readonly fatal = true;

  constructor() {
    super('The connection was given up');
  }
}

async function connect(address: MysqlAddress, purpose: Purpose): Promise<Connection> {
  const { host, port, user, password, database, tls } = address;
  // Loaded with the first connection: other stores need none of it.
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection({
    host,
    port,
    user,
    password,
    database,
    // Which collation it has does not matter: each column's own wins over that of a literal.
    charset: 'UTF8MB4_UNICODE_CI',
    connectTimeout: CONNECT_TIMEOUT,
    dateStrings: true,
    jsonStrings: true,
    multipleStatements: purpose !== 'reading',
    // Never a file of this machine, whatever the server asks for.
    flags: ['-LOCAL_FILES'],
    ...tlsOf(tls),
  });
  // An idle connection that ends tells so here; who uses it next is told too.
  connection.on('error', () => undefined);
  return connection;
}

function tlsOf(tls: MysqlAddress['tls']) {
  if (tls.kind === 'off') return {};
  if (tls.kind === 'unverified') return { ssl: { rejectUnauthorized: false } };
  // Authorities that everybody uses sign for anybody: the name counts. One's own sign for one's own servers alone, and the
  // certificates that MySQL makes by itself have no name of a host.
  return {
    ssl: tls.authorities === undefined ? { verifyIdentity: true } : { ca: authorities(tls.authorities) },
  };
}

function authorities(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StoreError('unavailable', `The file ${file} of ?ssl= cannot be read`, { cause: error });
  }
}

/** Rows of a SELECT, as the server has it by default. */
const NO_LIMIT = '18446744073709551615';

function settings(purpose: Purpose, flavour: Flavour, seconds: number | undefined): string[] {
  // Without IGNORE_SPACE "max (1)" would call a stored function that has this name.
  const mode =
    purpose === 'reading'
      ? 'ANSI_QUOTES,IGNORE_SPACE'
      : 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_TRANS_TABLES';
  // Whatever the server's administrator set for all: rows that are left out, and what is not committed, would be lost.
  const session = [
    `SET SESSION sql_mode = '${mode}', time_zone = '+00:00', sql_select_limit = ${NO_LIMIT}, sql_safe_updates = 0, sql_auto_is_null = 0`,
  ];
  if (purpose === 'reading') {
    session.push('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY', 'SET autocommit = 0');
    if (seconds !== undefined) session.push(limit(flavour, seconds));
  } else {
    session.push('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', 'SET autocommit = 1');
    // A lock is waited for with a SELECT.
    session.push(`SET SESSION ${flavour === 'mariadb' ? 'max_statement_time' : 'max_execution_time'} = 0`);
    if (purpose === 'writing') session.push('SET SESSION innodb_lock_wait_timeout = 10');
  }
  return session;
}

function limit(flavour: Flavour, seconds: number): string {
  const milliseconds = Math.max(1, Math.ceil(seconds * 1000));
  return flavour === 'mariadb'
    ? `SET SESSION max_statement_time = ${milliseconds / 1000}`
    : `SET SESSION max_execution_time = ${milliseconds}`;
}

/** A column as the type that its table promises; anything else is a damaged or foreign database. */
export function numberOf(value: Value | undefined): number {
  // Sums are DECIMAL, which the driver gives as a text.
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  throw new TypeError('a number was expected of the store');
}

export function textOf(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  throw new TypeError('a text was expected of the store');
}

export function bytesOf(value: Value | undefined): Buffer {
  if (Buffer.isBuffer(value)) return value;
  throw new TypeError('bytes were expected of the store');
}
