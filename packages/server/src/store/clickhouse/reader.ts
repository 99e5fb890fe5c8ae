import { grouped } from '../buckets.ts';
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
import type { ClickhouseAddress } from './address.ts';
import { Ascent } from './ascent.ts';
import { Counts } from './counts.ts';
import { Database } from './database.ts';
import { checkExpression } from './expression.ts';
import { withQueryFaults } from './fault.ts';
import { Pages } from './pages.ts';
import { RowBinaryReader } from './row-binary.ts';
import type { Ask } from './whole-records.ts';

/**
 * Memory that a statement with a client's expression may take, in bytes. Most take 64 MiB with 2 threads over 1,000,000
 * records, all texts of which in a subquery take 0.5 GB; without a limit a single function over constants takes 4 GB.
 */
const MOST_MEMORY = 2 ** 30;

/** What answers questions. */
interface Answering {
  readonly counts: Counts;
  readonly pages: Pages;
}

/** Reads a ClickHouse store. Every question is a SELECT with a time limit; there are no transactions. */
export class ClickhouseReader implements StoreReader {
  readonly #database: Database;
  readonly #plain: Answering;
  /** With a client's expression. */
  readonly #bounded: Answering;
  readonly #ascent: Ascent;
  /** The client's expression that was found to be one. */
  #checked: string | undefined;

  constructor(address: ClickhouseAddress, { timeout }: ReaderOptions = {}) {
    this.#database = new Database(address, timeout === undefined ? {} : { timeout });
    const limits = timeout === undefined ? [] : [`max_execution_time = ${timeout}`];
    const asking =
      (settings: readonly string[]): Ask =>
      async (select) => {
        const set = settings.length === 0 ? '' : `SETTINGS ${settings.join(', ')}`;
        return new RowBinaryReader(await this.#database.read(`${select} ${set} FORMAT RowBinary`));
      };
    const [ask, bounded] = [
      asking(limits),
      asking([...limits, `max_memory_usage = ${MOST_MEMORY}`]),
    ] as const;
    this.#plain = { counts: new Counts(ask), pages: new Pages(ask) };
    this.#bounded = { counts: new Counts(bounded), pages: new Pages(bounded) };
    this.#ascent = new Ascent(ask);
  }

  count(filter: Filter): Promise<number> {
    return this.#asked(filter, ({ counts }) => counts.count(filter));
  }

  timeline(filter: Filter, period: Period, timezone: string): Promise<Group[]> {
    return this.#asked(filter, async ({ counts }) =>
      grouped(period, timezone, await counts.byTime(filter, period, timezone)),
    );
  }

  page(filter: Filter, cursor: Cursor, maxBytes: number): Promise<Page> {
    return this.#asked(filter, ({ pages }) => pages.page(filter, cursor, maxBytes));
  }

  get(id: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#plain.pages.get(id);
  }

  ids(): Promise<IdRange | undefined> {
    return this.#ascent.ids();
  }

  upwards(stretch: Stretch, limits: PortionLimits): Promise<Portion> {
    return this.#ascent.portion(stretch, limits);
  }

  /** A question whose connection is closed ends on the server too. */
  cancel(): Promise<void> {
    return this.#database.close();
  }

  /** ClickHouse refuses to answer from a damaged part: there is nothing that is left out. */
  takeWarnings(): readonly string[] {
    return [];
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  async #asked<T>({ query }: Filter, work: (answering: Answering) => Promise<T>): Promise<T> {
    if (query === undefined) return await work(this.#plain);
    if (query !== this.#checked) await checkExpression(this.#database, query);
    this.#checked = query;
    return await withQueryFaults(() => work(this.#bounded));
  }
}
