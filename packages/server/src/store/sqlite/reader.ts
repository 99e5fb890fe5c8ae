import type { DatabaseSync } from 'node:sqlite';
import { BUCKET, type Counted, grouped } from '../buckets.ts';
import { RecordWriter } from '../record-writer.ts';
import type {
  Cursor,
  Filter,
  Found,
  Group,
  IdRange,
  Page,
  Period,
  Portion,
  PortionLimits,
  Records,
  SearchStep,
  StoreReader,
  Stretch,
} from '../store.ts';
import { Ascent } from './ascent.ts';
import type { OnDamage } from './blocks/block-index.ts';
import { Blocks } from './blocks/blocks.ts';
import { openForReading, type ReadingConnection } from './connection.ts';
import { Counts } from './counts.ts';
import { withFaults } from './fault.ts';
import { Pages } from './pages.ts';
import { Querying } from './querying.ts';

/** A reading connection. Each call is one transaction, so that the rollup and the records it counts agree. */
export class SqliteReader implements StoreReader {
  readonly #path: string;
  #warnings: string[] = [];
  #open: Opened | undefined;
  /** A connection of its own for clients' expressions: it may read nothing but records, the rollup neither. */
  #confined: Confined | undefined;

  /** Opens the file with the first call. */
  constructor(path: string) {
    this.#path = path;
  }

  count(filter: Filter): number {
    const { query } = filter;
    if (query !== undefined) return this.#query((querying) => querying.count(query, filter));
    return this.#read(({ counts }) => counts.count(filter));
  }

  timeline(filter: Filter, period: Period, timezone: string): Group[] {
    const { query } = filter;
    if (query !== undefined) {
      const times = this.#query((querying) => querying.times(query, filter));
      return grouped(
        period,
        timezone,
        times.map((ts): Counted => [ts, 1]),
      );
    }
    return this.#read(({ counts }) => {
      const buckets = counts.byBucket(filter);
      return grouped(
        period,
        timezone,
        buckets.map(([bucket, count]): Counted => [bucket * BUCKET, count]),
        (start) => counts.timesInBucket(start / BUCKET, filter),
      );
    });
  }

  page(filter: Filter, cursor: Cursor, maxBytes: number): Page {
    const { query } = filter;
    if (query === undefined) return this.#read(({ pages }) => pages.page(filter, cursor, maxBytes));
    return this.#query((querying) => querying.page(query, filter, cursor, maxBytes));
  }

  find(filter: Filter, step: SearchStep): Found {
    const { query } = filter;
    if (query === undefined) throw new TypeError('a search has an expression');
    return this.#query((querying) => querying.find(query, filter, step));
  }

  records(ids: readonly number[], maxBytes: number): Records {
    return this.#read(({ pages }) => {
      const writer = new RecordWriter(maxBytes);
      let looked = 0;
      while (looked < ids.length && !writer.full) pages.add(ids[looked++] ?? 0, writer);
      return { bytes: writer.finish(), count: writer.count, looked };
    });
  }

  get(id: number): Uint8Array<ArrayBuffer> | undefined {
    return this.#read(({ pages }) => {
      const writer = new RecordWriter(1);
      pages.get(id, writer);
      return writer.count === 0 ? undefined : writer.finish();
    });
  }

  ids(): IdRange | undefined {
    return this.#read(({ ascent }) => ascent.ids());
  }

  upwards(stretch: Stretch, limits: PortionLimits): Portion {
    return this.#read(({ ascent }) => ascent.portion(stretch, limits));
  }

  takeWarnings(): readonly string[] {
    const warnings = this.#warnings;
    this.#warnings = [];
    return warnings;
  }

  close(): void {
    this.#open?.database.close();
    this.#open = undefined;
    this.#confined?.database.close();
    this.#confined = undefined;
  }

  readonly #onDamage: OnDamage = (firstId, lastId, why) => {
    this.#warnings.push(
      `The records ${firstId} to ${lastId} are left out, for their block is damaged: ${why}`,
    );
  };

  #read<T>(work: (open: Opened) => T): T {
    return withFaults(() => {
      this.#open ??= opened(this.#path, this.#onDamage);
      const { database, immutable, blocks } = this.#open;
      database.exec('BEGIN');
      try {
        blocks.refresh();
        return work(this.#open);
      } finally {
        endReading(database);
        if (immutable) this.close();
      }
    });
  }

  #query<T>(work: (querying: Querying) => T): T {
    this.#confined ??= openConfined(this.#path, this.#onDamage);
    const { database, immutable, querying } = this.#confined;
    return withFaults(() => {
      database.exec('BEGIN');
      try {
        querying.refresh();
        return work(querying);
      } finally {
        endReading(database);
        if (immutable) this.close();
      }
    }, 'query');
  }
}

/** Nothing was written; unlike COMMIT, this works after a page was found damaged too. */
function endReading(database: DatabaseSync): void {
  if (database.isTransaction) database.exec('ROLLBACK');
}

interface Opened extends ReadingConnection {
  readonly blocks: Blocks;
  readonly counts: Counts;
  readonly pages: Pages;
  readonly ascent: Ascent;
}

function opened(path: string, onDamage: OnDamage): Opened {
  const connection = openForReading(path);
  const { database } = connection;
  const blocks = new Blocks(database, onDamage);
  return {
    ...connection,
    blocks,
    counts: new Counts(database, blocks),
    pages: new Pages(database, blocks),
    ascent: new Ascent(database, blocks),
  };
}

interface Confined extends ReadingConnection {
  readonly querying: Querying;
}

function openConfined(path: string, onDamage: OnDamage): Confined {
  const connection = openForReading(path);
  return { ...connection, querying: new Querying(connection.database, onDamage) };
}
