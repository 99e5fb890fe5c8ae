import type { Report } from '../store.ts';
import type { Session } from './connection.ts';

const MONTH = `CONCAT(LPAD(YEAR(ts), 4, '0'), '-', LPAD(GREATEST(MONTH(ts), 1), 2, '0'), '-01')`;
const DAYS = `DAYOFMONTH(LAST_DAY(${MONTH}))`;
const COUNTED_ON = `CONCAT(${MONTH}, ' ', RIGHT(CAST(ts AS CHAR), 15)) + INTERVAL GREATEST(DAYOFMONTH(ts), 1) - 1 DAY`;

/**
 * Gives records whose `ts` is no time the one that `microseconds` reads: a server with other SQL modes than ours took such
 * from clients of 0.4.5, and will neither copy nor count them. May be done twice.
 */
export async function mendTimes(session: Session, report: Report): Promise<void> {
  const [outcome] = await session.run(
    `UPDATE record SET ts = IF(YEAR(ts) = 0, '0001-01-01', ${COUNTED_ON})
     WHERE YEAR(ts) = 0 OR MONTH(ts) = 0 OR DAYOFMONTH(ts) = 0 OR (DAYOFMONTH(ts) > 28 AND DAYOFMONTH(ts) > ${DAYS})`,
  );
  const count = outcome?.affectedRows ?? 0;
  if (count > 0) report(`${count} records had a ts that no calendar has; it is the nearest time now`);
}
