import { bytesOf, numberOf, type Session, textOf } from './connection.ts';
import { dateTime, microseconds } from './literal.ts';
import type { LoggerNames } from './logger-names.ts';
import { Packets } from './packets.ts';
import { Tally } from './tally.ts';
import { STRIPE } from './texts.ts';

/**
 * Removes the `limit` oldest records, or those of them before `before` (microseconds), in one transaction; returns how
 * many. Texts go when no record of their chunk is left.
 */
export async function purge(
  session: Session,
  names: LoggerNames,
  limit: number,
  before?: number,
): Promise<number> {
  await session.run('START TRANSACTION');
  // Writers wait for each other here, so that no two remove the same records.
  await session.rows(`SELECT value FROM property WHERE name = 'last_id' FOR UPDATE`);
  const found = await oldest(session, limit, before);
  if (found.length === 0) {
    await session.run('ROLLBACK');
    return 0;
  }
  const tally = new Tally();
  for (const { id, ts, level, name } of found) tally.add(name, level, ts, id, -1);
  const packets = new Packets(Math.min(session.maxPacket, 1_048_576));
  const ids = found.map(({ id }) => id);
  const stripes = new Set(ids.map((id) => Math.floor(id / STRIPE)));
  packets.add(`DELETE FROM record WHERE record_id IN (${ids.join(',')})`);
  packets.add(`DELETE FROM long_name WHERE record_id IN (${ids.join(',')})`);
  packets.add(
    `DELETE FROM record_text WHERE stripe IN (${[...stripes].join(',')}) AND NOT EXISTS (
       SELECT 1 FROM record WHERE record.record_id BETWEEN record_text.first_id AND record_text.last_id)`,
  );
  tally.write(packets, await names.idsOf(session, tally.names));
  for (const packet of packets.done('COMMIT')) await session.run(packet);
  names.committed();
  return found.length;
}

async function oldest(session: Session, limit: number, before: number | undefined) {
  const until = before === undefined ? '' : `WHERE ts < '${dateTime(before)}'`;
  const rows = await session.rows(
    `SELECT record.record_id, record.ts, record.level, COALESCE(long_name.name, CAST(record.name AS BINARY))
     FROM (SELECT record_id FROM record ${until} ORDER BY ts, record_id LIMIT ${limit}) AS oldest
     JOIN record ON record.record_id = oldest.record_id
     LEFT JOIN long_name ON long_name.record_id = oldest.record_id`,
  );
  return rows.map(([id, ts, level, name]) => ({
    id: numberOf(id),
    ts: microseconds(textOf(ts)),
    level: numberOf(level),
    name: bytesOf(name).toString('utf8'),
  }));
}
