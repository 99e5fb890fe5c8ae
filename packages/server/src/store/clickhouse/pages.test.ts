import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Ascent } from './ascent.ts';
import { Database } from './database.ts';
import { ClickhouseEngine } from './engine.ts';
import { Pages } from './pages.ts';
import { RowBinaryReader } from './row-binary.ts';
import { skipWithoutChdb } from './testing/chdb-installed.ts';
import { type StandIn, startStandIn } from './testing/stand-in.ts';
import type { Ask } from './whole-records.ts';

const COUNT = 40;

describe('records that retention removes between being found and being read', {
  skip: skipWithoutChdb,
}, () => {
  let server: StandIn;
  let database: Database;
  let ids: readonly number[];
  before(async () => {
    server = await startStandIn();
    const engine = new ClickhouseEngine(server.address);
    await engine.migrate(() => undefined);
    database = new Database(server.address);
    const writer = engine.openWriter();
    const records = Array.from({ length: COUNT }, (_, ts) => ({
      name: 'n',
      ts,
      level: 20,
      message: `${ts}`,
      logrec: '{}',
    }));
    [ids = []] = await writer.insert([records]);
    await writer.close();
  });
  after(async () => {
    await database.close();
    await server[Symbol.asyncDispose]();
  });

  /** Asks, and removes what is meant before the first question that reads what was found. */
  const removing = (which: string): Ask => {
    let isRemoved = false;
    return async (select) => {
      if (!isRemoved && select.includes('DISTINCT logrec_form')) {
        isRemoved = true;
        await database.run(`DELETE FROM record WHERE ${which} SETTINGS lightweight_deletes_sync = 2`);
      }
      return new RowBinaryReader(await database.read(`${select} FORMAT RowBinary`));
    };
  };

  test('a page goes on below them', async () => {
    const pages = new Pages(removing('ts >= 30'));
    // A byte is less than any record has: a place a page.
    const page = await pages.page({ names: [] }, { skip: 0, take: 100 }, 1);
    assert.equal(page.count, 1);
    assert.equal(JSON.parse(new TextDecoder().decode(page.bytes)).id, ids[29]);
    assert.deepEqual(page.next, { skip: 0, take: 99, below: ids[29] });
  });

  test('a walk upwards goes on above them', async () => {
    const ascent = new Ascent(removing('ts < 10'));
    const stretch = { from: 0, to: Number.MAX_SAFE_INTEGER };
    const { records, next } = await ascent.portion(stretch, { records: 5, bytes: 1e6 });
    assert.deepEqual(
      records.map(({ id }) => id),
      ids.slice(10, 15),
    );
    assert.equal(next, (ids[14] ?? 0) + 1);
  });

  test('where all are gone there are none', async () => {
    const pages = new Pages(removing('1'));
    const page = await pages.page({ names: [] }, { skip: 0, take: 3 }, 1e6);
    assert.deepEqual([page.count, page.next], [0, undefined]);
    assert.deepEqual(
      await new Ascent(removing('1')).portion({ from: 0, to: 1e15 }, { records: 5, bytes: 1e6 }),
      {
        records: [],
      },
    );
  });
});
