import { RecordWriter } from '../record-writer.ts';
import type { Cursor, Filter, Page } from '../store.ts';
import { all, ofRecord, ofShare, ofTime } from './condition.ts';
import { numberOf, type Row, type Session, textOf, type Value } from './connection.ts';
import { boundsStatement } from './counts.ts';
import { ExactRecords, type Located } from './exact-records.ts';
import { findableByKind, KIND_INDEX } from './few-records.ts';
import { microseconds } from './literal.ts';
import { mayReachOver } from './query-guard.ts';

/** Records in a step of a stream at most and at least. */
const MOST_ROWS = 1000;
const FEWEST_ROWS = 16;

/** What a record takes in a page, until one was read. */
const USUAL_BYTES = 700;

/** Pages of records, newest id first. To be used inside one transaction. */
export class Pages {
  readonly #onDamage: (message: string) => void;
  #bytes = USUAL_BYTES;

  constructor(onDamage: (message: string) => void) {
    this.#onDamage = onDamage;
  }

  async page(session: Session, filter: Filter, cursor: Cursor, maxBytes: number): Promise<Page> {
    const writer = new RecordWriter(maxBytes);
    const exact = new ExactRecords(session, this.#onDamage);
    const way = cursor.take > 0 ? await wayTo(session, filter, cursor) : undefined;
    if (way === undefined) return { bytes: writer.finish(), count: 0 };
    let { skip, below } = cursor;
    for (;;) {
      const limit = this.#limit(cursor.take, maxBytes);
      const conditions = [...way.conditions, ...(below === undefined ? [] : [`record.record_id < ${below}`])];
      const rows = await session.rows(
        pageStatement(conditionOf(filter, conditions), limit, skip, 'DESC', way.index),
      );
      const looked = await exact.write(rows.map(locatedOf), writer);
      this.#learn(writer);
      const isOver = writer.count >= cursor.take || (looked === rows.length && rows.length < limit);
      if (isOver) return { bytes: writer.finish(), count: writer.count };
      skip = 0;
      below = numberOf(rows[looked - 1]?.[0]);
      // Only where all that was looked at is damaged is there nothing yet.
      if (writer.count === 0) continue;
      const next = { skip, take: cursor.take - writer.count, below };
      return { bytes: writer.finish(), count: writer.count, next };
    }
  }

  /** One record; undefined when there is none. */
  async get(session: Session, id: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const writer = new RecordWriter(1);
    const rows = await session.rows(pageStatement(`record.record_id = ${id}`, 1, 0));
    await new ExactRecords(session, this.#onDamage).write(rows.map(locatedOf), writer);
    return writer.count === 0 ? undefined : writer.finish();
  }

  /** So many rows as probably fill the page: the rest would be read for nothing. */
  #limit(take: number, maxBytes: number): number {
    const likely = Math.ceil((1.1 * maxBytes) / this.#bytes);
    return Math.min(take, Math.max(FEWEST_ROWS, Math.min(likely, MOST_ROWS)));
  }

  #learn(writer: RecordWriter): void {
    if (writer.count > 0) this.#bytes = writer.usualBytes;
  }
}

/**
 * The condition of a filter. An expression follows the other conditions without brackets of its own, so that an OR in it
 * reaches over them, as it does in Chronologer 0.4.5 (recorded); all together are in brackets.
 */
export function conditionOf(filter: Filter, others: readonly string[] = []): string {
  const asked = [...ofTime(filter), ...ofRecord(filter)];
  if (filter.query === undefined) return all([...others, ...asked]);
  return all([...others, ...ofShare(filter), `(${all([...asked, filter.query])}\n)`]);
}

/** How the rows of a filter are found: conditions beside its own, and the index to read, where that is not the primary key. */
interface Way {
  readonly conditions: readonly string[];
  readonly index?: string;
}

/** Undefined when there is no record of the filter at all. */
async function wayTo(session: Session, filter: Filter, cursor: Cursor): Promise<Way | undefined> {
  const { after, before, level, names, query } = filter;
  const isOpen = after === undefined && before === undefined && level === undefined && names.length === 0;
  if (isOpen || (query !== undefined && mayReachOver(query))) return { conditions: [] };
  const [row] = await session.rows(boundsStatement(filter));
  const [first, last] = row ?? [];
  if (first === null || last === null) return undefined;
  const [lowest, highest] = [numberOf(first), numberOf(last)];
  const bounds = `record.record_id BETWEEN ${lowest} AND ${highest}`;
  const few = await findableByKind(session, filter, cursor, highest - lowest + 1);
  return few === undefined ? { conditions: [bounds] } : { conditions: [bounds, few], index: KIND_INDEX };
}

/** The rows of `record`, each with where its exact texts are; newest id first, or lowest. */
export function pageStatement(
  condition: string,
  limit: number,
  skip: number,
  order = 'DESC',
  index?: string,
): string {
  const hint = index === undefined ? '' : `FORCE INDEX (${index})`;
  return `SELECT found.record_id, found.name, found.ts, found.level, found.message, t.first_id, t.last_id, t.size
    FROM (
      SELECT record.record_id, record.name, record.ts, record.level, record.message FROM record ${hint}
      WHERE ${condition} ORDER BY record.record_id ${order} LIMIT ${limit} OFFSET ${skip}
    ) AS found
    LEFT JOIN record_text AS t ON t.stripe = found.record_id DIV 256 AND t.piece = 0
      AND t.first_id <= found.record_id AND t.last_id >= found.record_id
    ORDER BY found.record_id ${order}`;
}

export function locatedOf([id, name, ts, level, message, firstId, lastId, size]: Row): Located {
  const head = {
    id: numberOf(id),
    name: textOf(name),
    ts: microseconds(textOf(ts)),
    level: numberOf(level),
    message: nullable(message) === null ? '' : textOf(message),
  };
  if (nullable(firstId) === null) return { head };
  return { head, chunk: { firstId: numberOf(firstId), lastId: numberOf(lastId), size: numberOf(size) } };
}

function nullable(value: Value | undefined): Value {
  return value ?? null;
}
