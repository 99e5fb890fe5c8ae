import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LogRecord } from '@chronologer/record';
import type { Filter } from '../store.ts';
import { SchemaError, StoreError } from '../store-error.ts';
import { numberOf } from './connection.ts';
import { MysqlEngine } from './engine.ts';
import { TEST_SERVERS, temporaryDatabase } from './temporary.ts';
import { STRIPE } from './texts.ts';

const ALL: Filter = { names: [] };

const records = (count: number): LogRecord[] =>
  Array.from({ length: count }, (_, index) => ({
    name: 'app',
    ts: 1_700_000_000_000_000 + index,
    level: 20,
    message: `m ${index}`,
    logrec: `{"data": {"n": ${index}}}`,
  }));

for (const server of TEST_SERVERS) {
  describe(`${server.name} as an engine`, { skip: server.skip }, () => {
    test('a schema of a newer version is neither used nor changed; one that is not there is told', async () => {
      await using database = await temporaryDatabase(server);
      await assert.rejects(database.engine.checkSchema(), /chronologer migrate/);
      assert.deepEqual(await database.engine.applied(), []);
      await database.engine.migrate(() => undefined);
      await using session = await database.open();
      await session.run("INSERT INTO schema_migration VALUES (999, '999-later', 'x', 'later')");
      await assert.rejects(database.engine.checkSchema(), SchemaError);
      await assert.rejects(
        database.engine.migrate(() => undefined),
        /newer version/,
      );
      const applied = await database.engine.applied();
      assert.equal(applied.at(-1)?.name, '999-later');
      const nowhere = new MysqlEngine({ ...database.address, database: 'no_such_database' });
      await assert.rejects(nowhere.checkSchema(), StoreError);
    });

    test('texts of removed records go with the last of their chunk', async () => {
      await using database = await temporaryDatabase(server);
      await database.engine.migrate(() => undefined);
      await using session = await database.open();
      const chunks = async () => numberOf((await session.rows('SELECT COUNT(*) FROM record_text'))[0]?.[0]);
      const [writer, reader] = [database.engine.openWriter(), database.engine.openReader()];
      await writer.insert([records(2 * STRIPE + 10)]);
      assert.equal(await chunks(), 3);
      assert.equal(await writer.purge(STRIPE - 2), STRIPE - 2);
      assert.equal(await chunks(), 3);
      await writer.purge(1);
      assert.equal(await chunks(), 2);
      assert.equal(await reader.count(ALL), STRIPE + 11);
      await writer.purge(1000);
      assert.equal(await chunks(), 0);
      await Promise.all([writer.close(), reader.close()]);
    });

    test('damaged texts cost their own records, and are told', async () => {
      await using database = await temporaryDatabase(server);
      await database.engine.migrate(() => undefined);
      const [writer, reader] = [database.engine.openWriter(), database.engine.openReader()];
      await writer.insert([records(2 * STRIPE)]);
      await using session = await database.open();
      await session.run(
        `UPDATE record_text SET part = LEFT(part, LENGTH(part) - 9) WHERE first_id = ${STRIPE}`,
      );
      const { count, next } = await reader.page(ALL, { skip: 0, take: 1000 }, 1e9);
      assert.equal(next, undefined);
      assert.equal(count, STRIPE);
      assert.match(
        reader.takeWarnings().join(),
        new RegExp(`records ${STRIPE} to ${2 * STRIPE - 1} are left out`),
      );
      await assert.rejects(reader.get(STRIPE + 5), StoreError);
      assert.ok((await reader.get(STRIPE - 1)) !== undefined);
      await Promise.all([writer.close(), reader.close()]);
    });
  });
}
