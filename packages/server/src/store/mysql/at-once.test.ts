import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LogRecord } from '@chronologer/record';
import type { Fate } from './faulty-network.ts';
import { TEST_SERVERS, type TestServer } from './temporary.ts';
import { record, records, writerTrial } from './writer-trial.ts';

const from = (first: number, count: number) => Array.from({ length: count }, (_, n) => first + n);

/** What JSON of MySQL refuses, so that a guess fails behind the rows of others. */
const REFUSED: LogRecord = { ...record(0), logrec: '{"data": {"text": "\\ud800"}}' };

async function store(server: TestServer) {
  const trial = await writerTrial(server);
  return {
    ...trial,
    query: (sql: string) => trial.session.run(sql),
    /** The number of records, behind which the last id is. */
    async count(): Promise<number> {
      const [[last, lastId] = []] = await trial.session.rows(
        `SELECT (SELECT MAX(record_id) FROM record), (SELECT value FROM property WHERE name = 'last_id')`,
      );
      assert.equal(lastId, last);
      return await trial.count();
    },
  };
}

for (const server of TEST_SERVERS) {
  describe(`insertions at once on ${server.name}`, { skip: server.skip }, () => {
    test('ids are in the order of the calls, and rows come before their turn', async () => {
      await using one = await store(server);
      await one.writer.insert([records(3)]);
      let early = 0;
      one.network.fateOf = (packet) => {
        if (packet.includes('INSERT INTO record (') && !packet.includes('COMMIT;')) early++;
        return 'passes';
      };
      const calls = from(0, 20).map(() => one.writer.insert([records(100)]));
      assert.deepEqual((await Promise.all(calls)).flat(2), from(4, 2000));
      assert.equal(await one.count(), 2003);
      assert.ok(early > 10, `${early}`);
    });

    test('one by one each takes a single packet', async () => {
      await using one = await store(server);
      await one.writer.insert([records(3)]);
      let packets = 0;
      one.network.fateOf = () => {
        packets++;
        return 'passes';
      };
      for (let n = 0; n < 5; n++) await one.writer.insert([[record(n)]]);
      // The other connection is opened for the first of them that it gets.
      packets = 0;
      for (let n = 0; n < 5; n++) await one.writer.insert([[record(n)]]);
      assert.equal(packets, 5);
      assert.equal(await one.count(), 13);
    });

    test('a guess that the server refuses gives way to nobody, and those behind it do', async () => {
      await using one = await store(server);
      await one.writer.insert([records(3)]);
      const started = performance.now();
      const calls = [[record(0)], [REFUSED, record(1)], [record(2)], [REFUSED], [record(3)]];
      const ids = await Promise.all(calls.map((batch) => one.writer.insert([batch])));
      assert.deepEqual(ids.flat(), [[4], [5, 6], [7], [8], [9]]);
      assert.equal(await one.count(), 9);
      assert.ok(performance.now() - started < 9000, 'nobody waits for the lock of another');
    });

    test('two servers: each id is given once, and sums are right', async () => {
      await using one = await store(server);
      const calls = from(0, 30).flatMap(() =>
        [one.writer, one.another].map((writer) => writer.insert([records(20)])),
      );
      const ids = (await Promise.all(calls)).flat(2);
      assert.equal(new Set(ids).size, 1200);
      assert.equal(await one.count(), 1200);
      // In turns, so that each guess is wrong.
      for (const writer of [one.writer, one.another, one.writer]) await writer.insert([records(5)]);
      assert.equal(await one.count(), 1215);
    });

    test('ids that another server took: rows that were sent with them give way', async () => {
      await using one = await store(server);
      await one.writer.insert([records(5)]);
      const started = performance.now();
      // Only the first of them is guessed: for some seconds then it is known that there is another server.
      for (let next = 6; next < 66; next += 15) {
        assert.deepEqual(await one.another.insert([records(5)]), [from(next, 5)]);
        const calls = from(0, 2).map(() => one.writer.insert([records(5)]));
        assert.deepEqual(await Promise.all(calls), [[from(next + 5, 5)], [from(next + 10, 5)]]);
      }
      assert.equal(await one.count(), 65);
      assert.ok(performance.now() - started < 9000, 'nobody waits for the lock of another');
    });

    test('ids that were taken are not given again, though there are no rows with them', async () => {
      await using one = await store(server);
      await one.writer.insert([records(3)]);
      await one.writer.insert([records(3)]);
      await one.query("UPDATE property SET value = 20 WHERE name = 'last_id'");
      assert.deepEqual(await one.writer.insert([records(2)]), [[21, 22]]);
    });

    test('a purge among them', async () => {
      await using one = await store(server);
      await one.writer.insert([records(200)]);
      const started = performance.now();
      const all = [
        one.writer.insert([records(10)]),
        one.writer.purge(150),
        one.writer.insert([records(10)]),
        one.writer.insert([records(10)]),
        one.writer.purge(50),
        one.writer.insert([records(10)]),
      ];
      await Promise.all(all);
      assert.ok(performance.now() - started < 9000, 'nobody waits for the lock of another');
      assert.deepEqual(await one.writer.insert([[record(0)]]), [[241]]);
    });

    test('a connection cut at any packet while two are under way: stored once, in order', async () => {
      await using one = await store(server);
      await one.writer.insert([records(3)]);
      let stored = 3;
      for (const fate of ['cut before', 'cut behind', 'late'] as const satisfies readonly Fate[]) {
        for (let cutAt = 0; cutAt < 14; cutAt++) {
          let packet = 0;
          one.network.fateOf = () => (packet++ === cutAt ? fate : 'passes');
          const calls = from(0, 4).map(() => one.writer.insert([records(60)]));
          const ids = (await Promise.all(calls)).flat(2);
          assert.deepEqual(ids, from(stored + 1, 240));
          stored += 240;
          assert.equal(await one.count(), stored);
        }
      }
      assert.ok(one.network.cuts > 20, `${one.network.cuts}`);
    });
  });
}
