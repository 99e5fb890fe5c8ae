import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LogRecord } from '@chronologer/record';
import { SizeEstimate } from './size.ts';
import { TEST_SERVERS, type TestServer, temporaryDatabase } from './temporary.ts';
import { TextMerging } from './text-merging.ts';
import { MysqlWriter } from './writer.ts';

const STEP = 1000;

/** Texts that no page packs much. */
const record = (n: number, length: number): LogRecord => ({
  name: `app.${n % 3}`,
  ts: 1_700_000_000_000_000 + n * 1e6,
  level: 20,
  message: `message ${n}`,
  logrec: JSON.stringify({ data: { n, text: noise(n, length) } }),
});

function noise(seed: number, length: number): string {
  let [text, state] = ['', seed + 1];
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += state.toString(36);
  }
  return text.slice(0, length);
}

/** A store whose pages are counted anew for each question. */
async function sizeTrial(server: TestServer) {
  const database = await temporaryDatabase(server);
  await database.engine.migrate(() => undefined);
  const session = await database.open();
  const opened = () => new MysqlWriter(database.address, new TextMerging(), new SizeEstimate(0));
  let writer = opened();
  let [next, clock] = [0, (n: number) => n];
  return {
    session,
    open: () => database.open(),
    /** The order of times, by the order in which records come. */
    set clock(wanted: (n: number) => number) {
      clock = wanted;
    },
    async insert(count: number, length = 300) {
      for (const end = next + count; next < end; next += STEP) {
        const batch = Array.from({ length: STEP }, (_, index) => {
          const { ts, ...rest } = record(next + index, length);
          return { ...rest, ts: record(clock(next + index), 0).ts };
        });
        await writer.insert([batch]);
      }
    },
    size: () => writer.size(),
    async restart() {
      await writer.close();
      writer = opened();
    },
    /** As retention does each minute; how many records went. */
    async purge(limit: number): Promise<number> {
      let removed = 0;
      while ((await writer.size()) > limit) removed += await writer.purge(STEP);
      return removed;
    },
    async [Symbol.asyncDispose]() {
      await writer.close();
      await session.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

for (const server of TEST_SERVERS) {
  describe(`the size on ${server.name}`, { skip: server.skip }, () => {
    test('a purge is over when enough is removed, though a snapshot keeps all pages', async () => {
      await using one = await sizeTrial(server);
      await one.insert(20_000);
      const limit = Math.floor(0.9 * (await one.size()));
      await using other = await one.open();
      await other.run('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await other.run('START TRANSACTION WITH CONSISTENT SNAPSHOT');
      await other.rows('SELECT COUNT(*) FROM record');
      assert.equal(await one.purge(limit), 2000);
      for (let minute = 0; minute < 4; minute++) {
        assert.equal(await one.purge(limit), 0);
        if (minute === 1) await one.restart();
      }
      await one.insert(2000);
      const again = await one.purge(limit);
      assert.ok(again >= 1000 && again <= 3000, `${again}`);
      assert.equal(await one.purge(limit), 0);
      await other.run('ROLLBACK');
      assert.equal(await one.purge(limit), 0);
    });

    test('the oldest are everywhere in the table: the pages stay, and no more goes than is due', async () => {
      await using one = await sizeTrial(server);
      one.clock = (n) => (n * 7919) % 20_000;
      await one.insert(20_000);
      const limit = Math.floor(0.8 * (await one.size()));
      assert.equal(await one.purge(limit), 4000);
      for (let minute = 0; minute < 3; minute++) assert.equal(await one.purge(limit), 0);
    });

    test('records that become larger are counted as such, also while others go', async () => {
      await using one = await sizeTrial(server);
      await one.insert(12_000);
      const before = await one.size();
      for (let minute = 0; minute < 6; minute++) {
        await one.insert(2000, 1200);
        await one.purge(before);
      }
      const [[left, pages] = []] = await one.session.rows(
        `SELECT (SELECT COUNT(*) FROM record), (SELECT SUM(DATA_LENGTH + INDEX_LENGTH) FROM information_schema.TABLES
           WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN ('record', 'record_text'))`,
      );
      assert.ok(Number(left) < 8000, `${left} records, ${pages} bytes of pages, ${before} of them before`);
      assert.ok(Number(left) > 2000, `${left} records, ${pages} bytes of pages, ${before} of them before`);
    });

    test('a table that was rebuilt is measured anew', async () => {
      await using one = await sizeTrial(server);
      await one.insert(6000);
      const before = await one.size();
      await one.purge(0.8 * before);
      const smaller = await one.size();
      await one.session.run('DO SLEEP(1.1)');
      await one.session.run('ALTER TABLE record ROW_FORMAT = DYNAMIC KEY_BLOCK_SIZE = 0');
      assert.ok((await one.size()) > 1.5 * smaller, `${smaller}`);
    });
  });
}
