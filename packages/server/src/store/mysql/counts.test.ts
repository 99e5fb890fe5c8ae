import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Filter } from '../store.ts';
import type { Session } from './connection.ts';
import { boundsStatement, bucketsStatement, countStatement } from './counts.ts';
import { findableByKind, KIND_INDEX } from './few-records.ts';
import { conditionOf, pageStatement } from './pages.ts';
import { TEST_SERVERS, type TemporaryDatabase, temporaryDatabase } from './temporary.ts';

const RECORDS = 20_000;
const DAY = 86_400_000_000;
const START = 1_700_000_000_000_000;
/** Of twenty days, a thousand a day. */
const STEP = DAY / 1000;

/** Longer than the column; one record of a thousand has it. */
const RARE = `rare.${'\u{1f600}é'.repeat(100)}`;

const FILTERS: readonly Filter[] = [
  { names: [] },
  { names: ['app.1'] },
  { names: ['app.', 'x'], level: 30 },
  { names: [], after: START + 5 * DAY + 1 },
  { names: [], before: START + 5 * DAY + 1, level: 20 },
  { names: ['app.2'], after: START + 3 * DAY + 7, before: START + 9 * DAY + 7 },
  { names: [], after: START + 3 * DAY + 7, before: START + 3 * DAY + 8 },
];

for (const server of TEST_SERVERS) {
  describe(`what ${server.name} reads`, { skip: server.skip }, () => {
    let database: TemporaryDatabase;
    let session: Session;
    before(async () => {
      database = await temporaryDatabase(server);
      await database.engine.migrate(() => undefined);
      const writer = database.engine.openWriter();
      const record = (n: number) => ({
        name: n % 1000 === 7 ? RARE : `app.${n % 4}`,
        ts: START + n * STEP,
        level: 10 * (1 + (n % 5)),
        message: 'm',
        logrec: `{"data": {"n": ${n}}}`,
      });
      await writer.insert([Array.from({ length: RECORDS }, (_, n) => record(n))]);
      await writer.close();
      session = await database.open();
      await session.rows('ANALYZE TABLE record, rollup, total');
    });
    after(async () => {
      await session.close();
      await database[Symbol.asyncDispose]();
    });

    /** Rows that the server looked at, of all tables. */
    async function rowsRead(sql: string): Promise<number> {
      await session.run('FLUSH STATUS');
      await session.rows(sql);
      const counters = await session.rows("SHOW SESSION STATUS LIKE 'Handler_read%'");
      return counters.reduce((sum, [, value]) => sum + Number(value), 0);
    }

    /** The rollup has a row for each bucket, level and name: with these records as many as there are records. */
    const whole = RECORDS + 200;

    for (const filter of FILTERS) {
      test(`${JSON.stringify(filter)} is counted without a scan of the records`, async () => {
        for (const sql of [countStatement(filter), bucketsStatement(filter), boundsStatement(filter)]) {
          const plan = await session.rows(`EXPLAIN ${sql}`);
          for (const [, , table, ...rest] of plan) {
            const type = rest.find((each) => ['ALL', 'index'].includes(String(each)));
            assert.ok(table !== 'record' || type === undefined, `${sql}: ${JSON.stringify(plan)}`);
          }
        }
        const open = filter.after === undefined && filter.before === undefined;
        const read = await rowsRead(countStatement(filter));
        assert.ok(read < (open ? 200 : whole), `${read} rows`);
      });
    }

    test('a count of few records reads few rows', async () => {
      assert.ok((await rowsRead(countStatement({ names: [], after: START + 19 * DAY }))) < 2500);
      assert.ok((await rowsRead(countStatement({ names: [], after: 1, before: 2 }))) < 100);
    });

    test('a page of long ago reads some records and not the table', async () => {
      const filter = { names: [], after: START + DAY, before: START + DAY + 100 * STEP };
      const [[first, last] = []] = await session.rows(boundsStatement(filter));
      const bounds = [`record.record_id BETWEEN ${first} AND ${last}`];
      const read = await rowsRead(pageStatement(conditionOf(filter, bounds), 50, 0));
      assert.ok(read < 1500, `${read} rows`);
    });

    test('a page of a logger that is rare, of some time, is found by the index and not by passing over the others', async () => {
      const reader = database.engine.openReader();
      for (const filter of [
        { names: ['rare.'], before: START + 10 * DAY },
        { names: [RARE], before: START + 10 * DAY, query: 'level > 0' },
      ]) {
        const few = await findableByKind(session, filter, { take: 5, skip: 2 }, RECORDS);
        assert.ok(few !== undefined);
        const condition = conditionOf(filter, [few]);
        const read = await rowsRead(pageStatement(condition, 5, 2, 'DESC', KIND_INDEX));
        assert.ok(read < 200, `${read} rows`);
        const { bytes } = await reader.page(filter, { take: 5, skip: 2 }, 1e6);
        const ids: number[] = JSON.parse(`[${new TextDecoder().decode(bytes)}]`).map(
          ({ id }: { id: number }) => id,
        );
        assert.deepEqual(ids, [7008, 6008, 5008, 4008, 3008]);
      }
      assert.equal(
        await findableByKind(session, { names: ['app.'] }, { take: 5, skip: 0 }, RECORDS),
        undefined,
      );
      await reader.close();
    });
  });
}
