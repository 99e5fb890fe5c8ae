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

/** Reads a ClickHouse store. Every question is a SELECT with a time limit; there are no transactions. */
export class ClickhouseReader implements StoreReader {
  readonly #database: Database;
  readonly #settings: string;
  readonly #counts: Counts;
  readonly #pages: Pages;
  readonly #ascent: Ascent;
  /** The client's expression that was found to be one. */
  #checked: string | undefined;

  constructor(address: ClickhouseAddress, { timeout }: ReaderOptions = {}) {
    this.#database = new Database(address, timeout === undefined ? {} : { timeout });
    this.#settings = timeout === undefined ? '' : `SETTINGS max_execution_time = ${timeout}`;
    const ask: Ask = async (select) => {
      const answer = await this.#database.read(`${select} ${this.#settings} FORMAT RowBinary`);
      return new RowBinaryReader(answer);
    };
    this.#counts = new Counts(ask);
    this.#pages = new Pages(ask);
    this.#ascent = new Ascent(ask);
  }

  count(filter: Filter): Promise<number> {
    return this.#asked(filter, () => this.#counts.count(filter));
  }

  timeline(filter: Filter, period: Period, timezone: string): Promise<Group[]> {
    return this.#asked(filter, async () =>
      grouped(period, timezone, await this.#counts.byTime(filter, period, timezone)),
    );
  }

  page(filter: Filter, cursor: Cursor, maxBytes: number): Promise<Page> {
    return this.#asked(filter, () => this.#pages.page(filter, cursor, maxBytes));
  }

  get(id: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#pages.get(id);
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

  async #asked<T>({ query }: Filter, work: () => Promise<T>): Promise<T> {
    if (query === undefined) return await work();
    if (query !== this.#checked) await checkExpression(this.#database, query);
    this.#checked = query;
    return await withQueryFaults(work);
  }
}
