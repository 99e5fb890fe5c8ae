import { randomBytes } from 'node:crypto';
import {
  describe,
  type MysqlAddress,
  parseMysqlAddress,
} from '../../packages/server/src/store/mysql/address.ts';
import { numberOf, Session, textOf } from '../../packages/server/src/store/mysql/connection.ts';
import { processListening } from './listening.ts';
import type { StorePlace } from './place.ts';
import { cpuSeconds } from './proc.ts';

/** Names the server that databases of measurements are made on. */
export const MYSQL_VARIABLE = 'CHRONOLOGER_BENCH_MYSQL';

/** A server that databases may be made on. */
export interface MysqlServer {
  readonly address: MysqlAddress;
  /** Such as MySQL 9.7.4. */
  readonly version: string;
  /** Its expression for a field of the application's own. */
  readonly jsonField: (name: string) => string;
  /** What it promises with a COMMIT, as a sentence without its end. */
  readonly durability: string;
  /** Where it runs on this machine. */
  readonly pid: number | undefined;
}

/** The server that the environment names, or undefined. */
export async function findMysql(): Promise<MysqlServer | undefined> {
  const dsn = process.env[MYSQL_VARIABLE];
  if (dsn === undefined) return undefined;
  const address = parseMysqlAddress(dsn);
  return ask(address, async (session) => {
    const [row = []] = await session.rows(
      'SELECT VERSION(), @@innodb_flush_log_at_trx_commit, @@log_bin, @@sync_binlog, @@innodb_doublewrite',
    );
    const [version, flush, log, sync, doublewrite] = row;
    const isMariadb = session.flavour === 'mariadb';
    const local = /^(127\.|localhost$|::1$)/.test(address.host);
    return {
      address,
      version: `${isMariadb ? 'MariaDB' : 'MySQL'} ${textOf(version)}`,
      jsonField: (name) =>
        isMariadb ? `json_extract(logrec, '$.data.${name}')` : `logrec->'$.data.${name}'`,
      durability: `InnoDB, innodb_flush_log_at_trx_commit=${flush}, ${log === 1 ? `sync_binlog=${sync}` : 'no binary log'}, innodb_doublewrite=${doublewrite}`,
      pid: local ? await processListening(address.port) : undefined,
    };
  });
}

async function ask<T>(address: MysqlAddress, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await Session.open(address, 'migrating');
  return work(session).finally(() => session.close());
}

/** A new database on the server, the same for all sides: utf8mb4 and the server's own collation of it. */
export async function mysqlPlace({ address: server, pid }: MysqlServer): Promise<StorePlace> {
  const address = { ...server, database: `chronologer_bench_${randomBytes(4).toString('hex')}` };
  await ask(server, (session) => session.run(`CREATE DATABASE ${address.database} CHARACTER SET utf8mb4`));
  const password = address.password === '' ? '' : `:${encodeURIComponent(address.password)}`;
  return {
    dsn: describe(address).replace('@', `${password}@`),
    bytes: () => ask(address, pagesOf),
    weighedRunning: true,
    longestCommit: 3000,
    ...(pid !== undefined && { engineCpu: () => cpuSeconds(pid) }),
    remove: async () => {
      await ask(server, (session) => session.run(`DROP DATABASE IF EXISTS ${address.database}`));
    },
  };
}

/** The pages of all tables of the database, with those that are reserved for more. */
async function pagesOf(session: Session): Promise<number> {
  const tables = await session.rows(
    `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'`,
  );
  // Without it the server tells what it saw at some time.
  await session.rows(
    `ANALYZE NO_WRITE_TO_BINLOG TABLE ${tables.map(([name]) => `"${textOf(name)}"`).join(', ')}`,
  );
  await session.run('SET SESSION information_schema_stats_expiry = 0').catch(() => undefined);
  const [row] = await session.rows(
    'SELECT SUM(DATA_LENGTH + INDEX_LENGTH) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()',
  );
  return numberOf(row?.[0]);
}
