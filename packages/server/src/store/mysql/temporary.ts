import { randomBytes, X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { createConnection } from 'mysql2/promise';
import { describe, type MysqlAddress, parseMysqlAddress } from './address.ts';
import { Session } from './connection.ts';
import { MysqlEngine } from './engine.ts';

/** A server that tests may make databases on, named by its DSN in an environment variable. */
export interface TestServer {
  readonly name: 'MySQL' | 'MariaDB';
  readonly variable: string;
  readonly dsn: string | undefined;
  /** Why its tests are skipped; false where there is one. */
  readonly skip: string | false;
}

/** The servers that tests know. */
export const TEST_SERVERS: readonly TestServer[] = [
  testServer('MySQL', 'CHRONOLOGER_TEST_MYSQL'),
  testServer('MariaDB', 'CHRONOLOGER_TEST_MARIADB'),
];

function testServer(name: TestServer['name'], variable: string): TestServer {
  const dsn = process.env[variable];
  const form = 'mysql://user:password@host:3306/database';
  const skip = dsn === undefined ? `${variable} names no server of ${name} to try it on (${form})` : false;
  return { name, variable, dsn, skip };
}

/** A database of one test, which goes with it. */
export interface TemporaryDatabase extends AsyncDisposable {
  readonly address: MysqlAddress;
  readonly dsn: string;
  readonly engine: MysqlEngine;
  /** A connection of the test's own. */
  open(): Promise<Session & AsyncDisposable>;
}

/** Makes an empty database on a test server. */
export async function temporaryDatabase({ dsn, variable }: TestServer): Promise<TemporaryDatabase> {
  if (dsn === undefined) throw new Error(`${variable} names no server`);
  const server = parseMysqlAddress(dsn);
  const address = { ...server, database: `chronologer_test_${randomBytes(6).toString('hex')}` };
  const execute = async (sql: string) => {
    const session = await Session.open(server, 'migrating');
    await session.run(sql).finally(() => session.close());
  };
  await execute(`CREATE DATABASE ${address.database} CHARACTER SET utf8mb4`);
  const password = address.password === '' ? '' : `:${encodeURIComponent(address.password)}`;
  return {
    address,
    dsn: describe(address).replace('@', `${password}@`),
    engine: new MysqlEngine(address),
    async open() {
      const session = await Session.open(address, 'migrating');
      return Object.assign(session, { [Symbol.asyncDispose]: () => session.close() });
    },
    [Symbol.asyncDispose]: () => execute(`DROP DATABASE IF EXISTS ${address.database}`),
  };
}

/** The authority that signed the certificate of a server, as the server tells it, in PEM. */
export async function authorityOf({ host, port, user, password }: MysqlAddress): Promise<string> {
  const ssl = { rejectUnauthorized: false };
  const connection = await createConnection({ host, port, user, password, ssl });
  const { stream } = (connection as unknown as { connection: { stream: unknown } }).connection;
  if (!(stream instanceof TLSSocket)) throw new Error('the connection is not encrypted');
  const { raw } = stream.getPeerCertificate(true).issuerCertificate;
  await connection.end();
  return new X509Certificate(raw).toString();
}

/**
 * Waits until so many statements with a text in them run in the session's database. By SHOW: the table PROCESSLIST cannot be
 * asked while another test's statement holds characters that a cut of it tears.
 */
export async function untilRunning(
  session: Session,
  database: string,
  text: string,
  due: number,
): Promise<void> {
  for (const deadline = performance.now() + 15_000; ; await sleep(20)) {
    const all = await session.rows('SHOW FULL PROCESSLIST');
    const count = all.filter(
      ([id, , , of, , , , statement]) =>
        id !== session.threadId && of === database && String(statement).includes(text),
    ).length;
    if (count === due) return;
    if (performance.now() > deadline) throw new Error(`${count} are running, not ${due}`);
  }
}
