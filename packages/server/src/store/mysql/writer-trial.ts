import assert from 'node:assert/strict';
import type { LogRecord } from '@chronologer/record';
import { FaultyNetwork } from './faulty-network.ts';
import { MysqlReader } from './reader.ts';
import { type TestServer, temporaryDatabase } from './temporary.ts';
import { MysqlWriter } from './writer.ts';

export const record = (n: number): LogRecord => ({
  name: `app.${n % 3}`,
  ts: 1_700_000_000_000_000 + n * 1e6,
  level: 20,
  message: `message ${n}`,
  logrec: `{"data": {"n": ${n}}}`,
});

export const records = (count: number) => Array.from({ length: count }, (_, n) => record(n));

/** A database of its own, a writer behind a network that can fail, and a reader and a session beside it. */
export async function writerTrial(server: TestServer) {
  const database = await temporaryDatabase(server);
  await database.engine.migrate(() => undefined);
  const network = await FaultyNetwork.to(database.address);
  const writer = new MysqlWriter(network.address);
  const another = new MysqlWriter(database.address);
  const reader = new MysqlReader(database.address);
  const session = await database.open();
  return {
    ...{ network, writer, another, reader, session },
    open: () => database.open(),
    /** The number of records: the rows, the rollup and the texts say the same. */
    async count(): Promise<number> {
      const [[rows, sums, texts] = []] = await session.rows(
        `SELECT (SELECT COUNT(*) FROM record), (SELECT COALESCE(SUM(count), 0) FROM rollup),
           (SELECT COALESCE(SUM(last_id - first_id + 1), 0) FROM record_text WHERE piece = 0)`,
      );
      assert.deepEqual([Number(sums), Number(texts)], [rows, rows]);
      assert.equal(await reader.count({ names: [] }), rows);
      return Number(rows);
    },
    async [Symbol.asyncDispose]() {
      await writer.close();
      await another.close();
      await reader.close();
      await session.close();
      await network[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
