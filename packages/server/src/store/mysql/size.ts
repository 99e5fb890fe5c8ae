import { numberOf, type Session } from './connection.ts';

/** For so long the pages of the tables are not counted anew, in milliseconds. */
const FRESH_FOR = 50_000;

/** Records whose texts are measured at most. */
const MEASURED = 500;

/** What is known of the size between two counts of the pages, kept in the store: it outlives a restart. */
interface Basis {
  /** Bytes of pages that a record takes. */
  readonly rate: number;
  /** Bytes of JSON of a record; 0 where none was measured. */
  readonly weight: number;
  readonly records: number;
  readonly lastId: number;
  /** A number that is another one when a table was rebuilt. */
  readonly made: number;
  /** Records were removed whose room has not been seen to be free: the pages say more than the records take. */
  readonly isOwed: boolean;
}

/** What the server says now. */
interface Seen {
  readonly records: number;
  readonly lastId: number;
}

/**
 * What the records take. InnoDB frees the pages of removed records late, and not at all while a transaction somewhere may
 * still read them, or while a page has others left; so retention that went by pages would not stop. After a purge the
 * size follows the number of records instead, and how large those are that come in, until the pages say less.
 */
export class SizeEstimate {
  readonly #freshFor: number;
  #basis: (Basis & { readonly at: number }) | undefined;

  /** `freshFor`: for so long the pages are not counted anew, in milliseconds. */
  constructor(freshFor = FRESH_FOR) {
    this.#freshFor = freshFor;
  }

  async of(session: Session): Promise<number> {
    const seen = await seenIn(session);
    const now = performance.now();
    if (this.#basis === undefined || now - this.#basis.at > this.#freshFor) {
      this.#basis = { ...(await renewed(session, seen)), at: now };
    }
    return Math.round(this.#basis.rate * seen.records);
  }
}

/** Notes how it is now, from what was noted last: another server may have done that. */
async function renewed(session: Session, seen: Seen): Promise<Basis> {
  const last = await noted(session);
  const pages = await pagesOf(session);
  const basis = await renewedFrom(session, last, seen, pages);
  const rows = Object.entries(PROPERTIES).map(([name, { of }]) => `('${name}', ${Math.round(of(basis))})`);
  await session.run(`REPLACE INTO property VALUES ${rows.join(', ')}`);
  return basis;
}

async function renewedFrom(
  session: Session,
  last: Basis | undefined,
  seen: Seen,
  { bytes, made }: { readonly bytes: number; readonly made: number },
): Promise<Basis> {
  const { records, lastId } = seen;
  const came = last === undefined ? 0 : Math.max(0, lastId - last.lastId);
  const isOwed = last !== undefined && (last.isOwed || last.records + came > records);
  // A table that was rebuilt has nothing left of removed records.
  if (last === undefined || !isOwed || last.made !== made) {
    const weight = await weightOf(session, 0, lastId);
    return { rate: bytes / Math.max(1, records), weight, ...seen, made, isOwed: false };
  }
  const weightNow = came === 0 ? 0 : await weightOf(session, last.lastId, lastId);
  const isMeasured = last.weight > 0 && weightNow > 0;
  const weight = isMeasured ? mean(last.weight, last.records, weightNow, came) : last.weight;
  const rate = isMeasured ? (last.rate * weight) / last.weight : last.rate;
  const isFree = records > 0 && bytes <= rate * records;
  return { rate: isFree ? bytes / records : rate, weight, ...seen, made, isOwed: !isFree };
}

function mean(one: number, ofOne: number, other: number, ofOther: number): number {
  return (one * ofOne + other * ofOther) / (ofOne + ofOther);
}

/** The rows of `property` that are a basis; numbers there are whole. */
const PROPERTIES: Readonly<Record<string, { of(basis: Basis): number }>> = {
  size_rate: { of: ({ rate }) => 1000 * rate },
  size_weight: { of: ({ weight }) => 1000 * weight },
  size_records: { of: ({ records }) => records },
  size_last_id: { of: ({ lastId }) => lastId },
  size_made: { of: ({ made }) => made },
  size_owed: { of: ({ isOwed }) => Number(isOwed) },
};

async function noted(session: Session): Promise<Basis | undefined> {
  const names = Object.keys(PROPERTIES).map((name) => `'${name}'`);
  const rows = await session.rows(`SELECT name, value FROM property WHERE name IN (${names.join(', ')})`);
  if (rows.length < names.length) return undefined;
  const values = new Map(rows.map(([name, value]) => [name, numberOf(value)]));
  const value = (name: string) => values.get(name) ?? 0;
  return {
    rate: value('size_rate') / 1000,
    weight: value('size_weight') / 1000,
    records: value('size_records'),
    lastId: value('size_last_id'),
    made: value('size_made'),
    isOwed: value('size_owed') !== 0,
  };
}

async function seenIn(session: Session): Promise<Seen> {
  const [row] = await session.rows(
    `SELECT (SELECT COALESCE(SUM(count), 0) FROM total),
       (SELECT COALESCE(MAX(value), 0) FROM property WHERE name = 'last_id')`,
  );
  return { records: numberOf(row?.[0]), lastId: numberOf(row?.[1]) };
}

async function pagesOf(session: Session): Promise<{ bytes: number; made: number }> {
  // Only now does MySQL count them; otherwise it tells what it saw when a tenth of the table was another.
  await session.rows('ANALYZE NO_WRITE_TO_BINLOG TABLE record, record_text');
  // MySQL 8 and later keep what information_schema says for a day; others have no such variable.
  await session.run('SET SESSION information_schema_stats_expiry = 0').catch(() => undefined);
  const [row] = await session.rows(
    `SELECT SUM(DATA_LENGTH + INDEX_LENGTH), COALESCE(SUM(TO_SECONDS(CREATE_TIME)), 0)
     FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN ('record', 'record_text')`,
  );
  return { bytes: numberOf(row?.[0]), made: numberOf(row?.[1]) };
}

/** The mean of the JSON texts of some records, evenly from those with ids above `after` up to `last`; 0 for none. */
async function weightOf(session: Session, after: number, last: number): Promise<number> {
  const [bounds] = await session.rows(
    `SELECT COALESCE(MIN(record_id), 0) FROM record WHERE record_id > ${after} AND record_id <= ${last}`,
  );
  const first = numberOf(bounds?.[0]);
  if (first === 0) return 0;
  const step = Math.max(1, (last - first + 1) / MEASURED);
  const count = Math.min(MEASURED, last - first + 1);
  const ids = Array.from({ length: count }, (_, index) => first + Math.floor(index * step));
  const [row] = await session.rows(
    `SELECT COALESCE(AVG(LENGTH(logrec)), 0) FROM record WHERE record_id IN (${ids.join(', ')})`,
  );
  return numberOf(row?.[0]);
}
