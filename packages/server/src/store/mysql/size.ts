import { numberOf, type Session } from './connection.ts';

/** For so long the pages of the tables are not counted anew, in milliseconds. */
const FRESH_FOR = 50_000;

/**
 * What the records take. The server's count of pages lags behind a purge, whose steps would follow each other until
 * nothing was left; so between two such counts the size follows the number of records.
 */
export class SizeEstimate {
  #counted: { readonly bytes: number; readonly records: number; readonly at: number } | undefined;

  async of(session: Session): Promise<number> {
    const records = await recordsIn(session);
    const now = performance.now();
    if (this.#counted === undefined || now - this.#counted.at > FRESH_FOR) {
      this.#counted = { bytes: await bytesOfPages(session), records, at: now };
    }
    const { bytes, records: then } = this.#counted;
    return then === 0 ? bytes : Math.round((bytes * records) / then);
  }
}

async function recordsIn(session: Session): Promise<number> {
  const [row] = await session.rows('SELECT COALESCE(SUM(count), 0) FROM total');
  return numberOf(row?.[0]);
}

async function bytesOfPages(session: Session): Promise<number> {
  // Only now does MySQL count them; otherwise it tells what it saw when a tenth of the table was another.
  await session.rows('ANALYZE NO_WRITE_TO_BINLOG TABLE record, record_text');
  // MySQL 8 and later keep what information_schema says for a day; others have no such variable.
  await session.run('SET SESSION information_schema_stats_expiry = 0').catch(() => undefined);
  const [row] = await session.rows(
    `SELECT SUM(DATA_LENGTH + INDEX_LENGTH) FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN ('record', 'record_text')`,
  );
  return numberOf(row?.[0]);
}
