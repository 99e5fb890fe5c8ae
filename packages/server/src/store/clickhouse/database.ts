import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import { type ClickhouseAddress, describe } from './address.ts';
import { socketOf } from './chdb/host.ts';
import { withFaults } from './fault.ts';

/** Connections that a thread holds at most: it rarely asks for two things at once. */
const CONNECTIONS = 4;
/** How long the server may take for an answer where no limit of its own is given, in milliseconds. */
const PATIENCE = 300_000;
/** The database that a folder of chdb holds. */
const CHDB_DATABASE = 'chronologer';

/** Names quoted as the database wants them. */
export interface Names {
  readonly database: string;
  readonly cluster: string | undefined;
}

/** The names that belong to an address. */
export function namesOf(address: ClickhouseAddress): Names {
  return address.scheme === 'chdb'
    ? { database: CHDB_DATABASE, cluster: undefined }
    : { database: address.database, cluster: address.cluster };
}

/**
 * Statements to a ClickHouse server, or to the process that keeps chdb, over HTTP. Rejects with a StoreError. Opened with
 * the first statement.
 */
export class Database {
  readonly #address: ClickhouseAddress;
  readonly #inDatabase: boolean;
  readonly #patience: number;
  #client: Promise<ClickHouseClient> | undefined;

  /**
   * `inDatabase`: names without a database mean the store's own, which must exist then. `timeout`: seconds that a
   * statement may take.
   */
  constructor(
    address: ClickhouseAddress,
    { inDatabase = true, timeout }: { readonly inDatabase?: boolean; readonly timeout?: number } = {},
  ) {
    this.#address = address;
    this.#inDatabase = inDatabase;
    // A little later than the server gives up by itself, and says so.
    this.#patience = timeout === undefined ? PATIENCE : Math.min(1000 * timeout + 2000, 2 ** 31 - 1);
  }

  /** The answer of a statement, in the format that it names. Its end ends it on the server too. */
  read(sql: string): Promise<Buffer> {
    return withFaults(this.#store, async () => {
      const client = await this.#open();
      const { stream } = await client.exec({
        query: sql,
        clickhouse_settings: { cancel_http_readonly_queries_on_client_close: 1 },
      });
      return Buffer.concat(await stream.toArray());
    });
  }

  /** Runs a statement without an answer. */
  run(sql: string): Promise<void> {
    return withFaults(this.#store, async () => {
      const client = await this.#open();
      await client.command({ query: sql, clickhouse_settings: { wait_end_of_query: 1 } });
    });
  }

  /** Inserts rows, in the format that the statement ends with. */
  insert(sql: string, rows: string): Promise<void> {
    return withFaults(this.#store, async () => {
      const client = await this.#open();
      const { stream } = await client.exec({ query: sql, values: Readable.from([Buffer.from(rows)]) });
      await stream.resume().toArray();
    });
  }

  /** For people, and for clients: without folder, user and password. */
  get #store(): string {
    const address = this.#address;
    return address.scheme === 'chdb' ? 'The store' : `The ClickHouse server at ${new URL(address.url).host}`;
  }

  async close(): Promise<void> {
    const client = await this.#client;
    this.#client = undefined;
    await client?.close();
  }

  #open(): Promise<ClickHouseClient> {
    this.#client ??= connect(this.#address, this.#inDatabase, this.#patience);
    return this.#client;
  }
}

/** Loaded late: whoever keeps records elsewhere does not need the client. */
async function connect(
  address: ClickhouseAddress,
  inDatabase: boolean,
  patience: number,
): Promise<ClickHouseClient> {
  const { createClient, ClickHouseLogLevel } = await import('@clickhouse/client');
  const options = {
    application: 'chronologer',
    request_timeout: patience,
    max_open_connections: CONNECTIONS,
    ...(inDatabase && { database: namesOf(address).database }),
    log: { level: ClickHouseLogLevel.OFF },
    // Filters may be long.
    clickhouse_settings: { max_query_size: '10000000' },
  };
  if (address.scheme === 'chdb') {
    const http_agent = new Agent({
      keepAlive: true,
      maxSockets: CONNECTIONS,
      ...socketOption(address.folder),
    });
    return createClient({ ...options, url: 'http://localhost', http_agent });
  }
  const { url, user: username, password } = address;
  try {
    return createClient({ ...options, url, username, password });
  } catch (error) {
    throw new Error(`${describe(address)} cannot be used`, { cause: error });
  }
}

/** An Agent passes its options on to net.connect, whose path is a socket's. */
function socketOption(folder: string): object {
  return { socketPath: socketOf(folder) };
}
