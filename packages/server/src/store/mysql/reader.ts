import { BUCKET, type Counted, dividedBuckets, grouped } from '../buckets.ts';
import type {
  Cursor,
  Filter,
  Group,
  IdRange,
  Page,
  Period,
  Portion,
  PortionLimits,
  ReaderOptions,
  StoreReader,
  Stretch,
} from '../store.ts';
import { StoreError } from '../store-error.ts';
import type { MysqlAddress } from './address.ts';
import { idsOf, portionOf } from './ascent.ts';
import { ofTime } from './condition.ts';
import { numberOf, Session, textOf } from './connection.ts';
import { bucketsStatement, countStatement, timesStatement } from './counts.ts';
import { isLost, storeError } from './fault.ts';
import { microseconds } from './literal.ts';
import { conditionOf, Pages } from './pages.ts';
import { checkExpression } from './query-guard.ts';

/** Expressions that were found harmless and are remembered: a stream asks for each page with the same one. */
const REMEMBERED = 16;

/** A reading connection. Each call is one transaction, so that the rollup and the records it counts agree. */
export class MysqlReader implements StoreReader {
  readonly #address: MysqlAddress;
  readonly #timeout: number | undefined;
  readonly #pages = new Pages((message) => this.#onDamage(message));
  readonly #checked = new Set<string>();
  #warnings: string[] = [];
  #session: Session | undefined;
  #cancelled = false;

  /** Connects with the first call. */
  constructor(address: MysqlAddress, { timeout }: ReaderOptions = {}) {
    this.#address = address;
    this.#timeout = timeout;
  }

  count(filter: Filter): Promise<number> {
    return this.#read(filter, async (session) => {
      const own = `SELECT COUNT(*) FROM record WHERE ${conditionOf(filter)}`;
      const [row] = await session.rows(filter.query === undefined ? countStatement(filter) : own);
      return numberOf(row?.[0]);
    });
  }

  timeline(filter: Filter, period: Period, timezone: string): Promise<Group[]> {
    return this.#read(filter, async (session) => {
      const buckets = await session.rows(
        filter.query === undefined ? bucketsStatement(filter) : ownBucketsStatement(filter),
      );
      const counts = buckets.map(([bucket, count]): Counted => [numberOf(bucket) * BUCKET, numberOf(count)]);
      const divided = dividedBuckets(period, timezone, counts);
      const times = new Map<number, number[]>();
      for (const start of divided) times.set(start, await this.#timesIn(session, filter, start));
      return grouped(period, timezone, counts, (start) => times.get(start) ?? []);
    });
  }

  page(filter: Filter, cursor: Cursor, maxBytes: number): Promise<Page> {
    return this.#read(filter, (session) => this.#pages.page(session, filter, cursor, maxBytes));
  }

  get(id: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#read(undefined, async (session) => {
      const [warnings, found] = [this.#warnings.length, await this.#pages.get(session, id)];
      if (found === undefined && this.#warnings.length > warnings) {
        throw new StoreError('unavailable', `The texts of record ${id} are damaged`);
      }
      return found;
    });
  }

  ids(): Promise<IdRange | undefined> {
    return this.#read(undefined, idsOf);
  }

  upwards(stretch: Stretch, limits: PortionLimits): Promise<Portion> {
    return this.#read(undefined, (session) => portionOf(session, stretch, limits, this.#onDamage));
  }

  takeWarnings(): readonly string[] {
    const warnings = this.#warnings;
    this.#warnings = [];
    return warnings;
  }

  /** The connection is given up at once; that the server does not go on either, another connection sees to. */
  async cancel(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    this.#cancelled = true;
    this.#drop(session);
    try {
      const other = await Session.open(this.#address, 'reading');
      await other.run(`KILL ${session.threadId}`).catch(() => undefined);
      await other.close();
    } catch {
      // Nobody can be told; max_execution_time ends the statement.
    }
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  readonly #onDamage = (message: string): void => {
    this.#warnings.push(message);
  };

  async #timesIn(session: Session, filter: Filter, start: number): Promise<number[]> {
    const inside = ofTime({ after: start, before: start + BUCKET - 1 });
    const own = `SELECT record.ts FROM record WHERE ${conditionOf(filter, inside)}`;
    const rows = await session.rows(
      filter.query === undefined ? timesStatement(filter, [start / BUCKET]) : own,
    );
    return rows.map(([ts]) => microseconds(textOf(ts)));
  }

  /** A connection may have ended since it was used last: what is only read is asked again, once. */
  async #read<T>(filter: Filter | undefined, work: (session: Session) => Promise<T>): Promise<T> {
    this.#cancelled = false;
    for (let attempt = 1; ; attempt++) {
      const isNew = this.#session === undefined;
      try {
        return await this.#attempt(filter?.query, work);
      } catch (error) {
        if (this.#cancelled) throw new StoreError('busy', 'The client is gone', { cause: error });
        if (!isLost(error) || isNew || attempt > 1) {
          throw storeError(error, filter?.query === undefined ? 'unavailable' : 'query');
        }
      }
    }
  }

  async #attempt<T>(query: string | undefined, work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#open();
    try {
      if (query !== undefined) await this.#check(session, query);
      return await work(session);
    } catch (error) {
      if (isLost(error)) this.#drop(session);
      throw error;
    } finally {
      // Not waited for: what comes next on the connection does.
      session.run('ROLLBACK').catch(() => this.#drop(session));
    }
  }

  async #open(): Promise<Session> {
    this.#session ??= await Session.open(this.#address, 'reading', this.#timeout);
    return this.#session;
  }

  #drop(session: Session): void {
    if (this.#session === session) this.#session = undefined;
    session.destroy();
  }

  async #check(session: Session, query: string): Promise<void> {
    if (this.#checked.has(query)) return;
    await checkExpression(session, query);
    if (this.#checked.size >= REMEMBERED) this.#checked.clear();
    this.#checked.add(query);
  }
}

/** A row [bucket, count] for each bucket in which an expression finds records, in order. */
function ownBucketsStatement(filter: Filter): string {
  // 62167219200: the seconds from year 0 to 1970.
  return `SELECT FLOOR((TO_SECONDS(record.ts) - 62167219200) / 900) AS bucket, COUNT(*) FROM record
    WHERE ${conditionOf(filter)} GROUP BY bucket ORDER BY bucket`;
}
