import type { MysqlAddress } from './address.ts';
import { Session, type Value } from './connection.ts';
import { storeError } from './fault.ts';

/** What of the server's settings may lose acknowledged records in a power cut. */
export async function risksOf(address: MysqlAddress): Promise<string[]> {
  try {
    const session = await Session.open(address, 'migrating');
    try {
      const [row] = await session.rows(
        'SELECT @@innodb_flush_log_at_trx_commit, @@log_bin, @@sync_binlog, @@innodb_doublewrite',
      );
      return risksIn(row ?? []);
    } finally {
      await session.close();
    }
  } catch (error) {
    throw storeError(error);
  }
}

/** https://dev.mysql.com/doc/refman/9.7/en/innodb-parameters.html and replication-options-binary-log.html */
export function risksIn([flush, hasLog, sync, doublewrite]: readonly Value[]): string[] {
  const risks: string[] = [];
  if (Number(flush) !== 1) {
    risks.push(
      `innodb_flush_log_at_trx_commit of the MySQL server is ${flush}: with anything but 1 acknowledged records can be lost when it or its machine dies`,
    );
  }
  if (Number(hasLog) === 1 && Number(sync) !== 1) {
    risks.push(
      `sync_binlog of the MySQL server is ${sync}: with anything but 1 replicas can miss acknowledged records after a power cut`,
    );
  }
  if (doublewrite === 0 || doublewrite === 'OFF') {
    risks.push(
      'innodb_doublewrite of the MySQL server is off: a power cut can tear pages that hold acknowledged records',
    );
  }
  return risks;
}
