import { PortionWriter } from '../portion.ts';
import type { IdRange, Portion, PortionLimits, Stretch } from '../store.ts';
import { all, ofTime } from './condition.ts';
import { numberOf, type Session } from './connection.ts';
import { ExactRecords } from './exact-records.ts';
import { locatedOf, pageStatement } from './pages.ts';

/** Rows that are read at a time; their exact texts are read as far as they are wanted. */
const ROWS = 4096;

/** The lowest and the highest id. To be used inside one transaction. */
export async function idsOf(session: Session): Promise<IdRange | undefined> {
  const [row] = await session.rows('SELECT MIN(record_id), MAX(record_id) FROM record');
  const [from, to] = row ?? [];
  return from === undefined || from === null ? undefined : { from: numberOf(from), to: numberOf(to) };
}

/** Records of a stretch, lowest id first. To be used inside one transaction. What is damaged is told and left out. */
export async function portionOf(
  session: Session,
  stretch: Stretch,
  limits: PortionLimits,
  onDamage: (message: string) => void,
): Promise<Portion> {
  const taken = new PortionWriter(limits);
  const exact = new ExactRecords(session, onDamage);
  const conditions = ofTime(stretch);
  let { from } = stretch;
  while (!taken.full && from <= stretch.to) {
    const limit = Math.min(taken.missing, ROWS);
    const where = all([`record.record_id BETWEEN ${from} AND ${stretch.to}`, ...conditions]);
    const rows = await session.rows(pageStatement(where, limit, 0, 'ASC'));
    const looked = await exact.write(rows.map(locatedOf), taken);
    if (rows.length < limit && looked === rows.length) break;
    from = numberOf(rows[looked - 1]?.[0]) + 1;
  }
  return taken.portion(stretch);
}
