import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogRecord } from '@chronologer/record';
import fc from 'fast-check';
import { bytesOf } from './connection.ts';
import { Packets } from './packets.ts';
import { TEST_SERVERS, type TestServer } from './temporary.ts';
import { TextMerging } from './text-merging.ts';
import { addTexts } from './text-rows.ts';
import { unpackTexts } from './texts.ts';
import { nextToken } from './transaction-token.ts';
import { MysqlWriter } from './writer.ts';
import { record, records, writerTrial } from './writer-trial.ts';

/** With what the columns do not hold, so that it is among the texts. */
const strange = (n: number): LogRecord => ({
  ...record(n),
  name: `${'n'.repeat(n % 200)}é${n}`,
  message: `${'m'.repeat(n % 400)}😀${n}`,
  logrec: `{"b": ${n}, "a": 1.5${'0'.repeat(n % 30)}, "text": "\\ud800"}`,
});

/** A trial whose texts are settled at once. */
async function store(server: TestServer) {
  const trial = await writerTrial(server);
  const merging = new TextMerging(0);
  const isMerged = async () => !(await merging.step(trial.session));
  const texts = async () => {
    const rows = await trial.session.rows('SELECT first_id, part FROM record_text ORDER BY stripe, first_id');
    const all = rows.flatMap(([first, part]) =>
      unpackTexts(bytesOf(part ?? null)).map((each, index) => [Number(first) + index, each] as const),
    );
    return new Map(all);
  };
  const cutUp = async () => {
    const packets = new Packets(1_000_000);
    packets.add('START TRANSACTION; DELETE FROM record_text');
    for (const [id, each] of await texts()) {
      addTexts(packets, [id], [each], nextToken(), trial.session.maxPacket);
    }
    for (const packet of packets.done('COMMIT')) await trial.session.run(packet);
  };
  return {
    ...trial,
    /** A first step only looks how far ids have come. */
    async merge(): Promise<void> {
      await isMerged();
      while (!(await isMerged()));
    },
    /** The texts of all records, by id. */
    texts,
    /** Cuts all chunks to what a transaction for each record would have made. */
    cutUp,
    async insertOneByOne(all: readonly LogRecord[]): Promise<void> {
      await trial.writer.insert([all]);
      await cutUp();
    },
    /** All records as they are told, by id. */
    async told(): Promise<ReadonlyMap<number, string>> {
      const rows = await trial.session.rows('SELECT record_id FROM record ORDER BY record_id');
      const told = new Map<number, string>();
      for (const [id] of rows)
        told.set(Number(id), Buffer.from((await trial.reader.get(Number(id))) ?? '').toString());
      return told;
    },
    async chunks(): Promise<number[]> {
      const rows = await trial.session.rows(
        'SELECT COUNT(*) FROM record_text GROUP BY stripe ORDER BY stripe',
      );
      return rows.map(([count]) => Number(count));
    },
  };
}

for (const server of TEST_SERVERS) {
  describe(`merging of texts on ${server.name}`, { skip: server.skip }, () => {
    test('texts that came one by one become one chunk of a stripe, and answers stay as they are', async () => {
      await using one = await store(server);
      await one.insertOneByOne(Array.from({ length: 590 }, (_, n) => strange(n)));
      for (let n = 590; n < 600; n++) await one.writer.insert([[strange(n)]]);
      const before = await one.told();
      assert.deepEqual(await one.chunks(), [255, 256, 89]);
      await one.merge();
      // The last stripe is not full yet.
      assert.deepEqual(await one.chunks(), [1, 1, 89]);
      assert.equal(before.size, 600);
      assert.deepEqual(await one.told(), before);
      assert.deepEqual(await one.writer.insert([[record(0)]]), [[601]]);
      assert.equal(await one.count(), 601);
    });

    test('whatever came and went before: the same answers, in fewer chunks', async () => {
      const steps = fc.array(
        fc.oneof(
          fc.record({
            kind: fc.constant('insert' as const),
            sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 }),
          }),
          fc.record({
            kind: fc.constant('given' as const),
            gap: fc.integer({ min: 1, max: 600 }),
            count: fc.integer({ min: 1, max: 30 }),
          }),
          fc.record({ kind: fc.constant('purge' as const), count: fc.integer({ min: 1, max: 100 }) }),
          fc.record({ kind: fc.constant('merge' as const) }),
        ),
        { minLength: 1, maxLength: 8 },
      );
      await fc.assert(
        fc.asyncProperty(steps, async (all) => {
          await using one = await store(server);
          let n = 0;
          let last = 0;
          for (const step of all) {
            if (step.kind === 'insert') {
              for (const size of step.sizes) {
                const ids = await one.writer.insert([Array.from({ length: size }, () => strange(n++))]);
                last = ids.flat().at(-1) ?? last;
              }
            } else if (step.kind === 'given') {
              last += step.gap;
              const first = last;
              const given = Array.from({ length: step.count }, (_, index) => ({
                ...strange(n + index),
                id: first + index + 1 + Math.floor(index / 3),
              }));
              n += step.count;
              last = given.at(-1)?.id ?? last;
              await one.writer.insertWithIds(given);
            } else if (step.kind === 'purge') await one.writer.purge(step.count);
            else {
              const [told, chunks] = [await one.told(), await one.chunks()];
              await one.merge();
              assert.deepEqual(await one.told(), told);
              assert.equal((await one.chunks()).length, chunks.length);
            }
          }
          const told = await one.told();
          await one.merge();
          assert.deepEqual(await one.told(), told);
          assert.ok([...told.values()].every((text) => text.includes('"logrec"')));
        }),
        { numRuns: 8 },
      );
    });

    test('what came lately stays as it is: a COMMIT without an answer is looked for there', async () => {
      await using one = await store(server);
      await one.insertOneByOne(records(300));
      const merging = new TextMerging();
      assert.equal(merging.isDue, true);
      assert.equal(await merging.step(one.session), false);
      assert.equal(merging.isDue, false);
      assert.equal(await merging.step(one.session), false);
      assert.deepEqual(await one.chunks(), [255, 45]);
    });

    test('a damaged chunk stays, with its stripe; others are merged', async () => {
      await using one = await store(server);
      await one.insertOneByOne(records(800));
      await one.session.run("UPDATE record_text SET part = 'no zstd' WHERE first_id = 300");
      await one.merge();
      assert.deepEqual(await one.chunks(), [1, 256, 1, 33]);
      assert.match(Buffer.from((await one.reader.get(301)) ?? '').toString(), /"id": 301/);
      // All is done up to the last stripe: it is not looked at again.
      await one.session.run('DELETE FROM record_text WHERE first_id = 300');
      await one.merge();
      assert.deepEqual(await one.chunks(), [1, 255, 1, 33]);
    });

    test('large texts and few chunks stay as they are', async () => {
      await using one = await store(server);
      await one.writer.insert([records(120), records(120)]);
      for (let n = 0; n < 20; n++) {
        const logrec = `{"data": {"text": "${String(n).repeat(300_000)}"}}`;
        await one.writer.insert([[{ ...record(n), logrec }]]);
      }
      await one.writer.insert([records(200)]);
      const before = await one.chunks();
      await one.merge();
      assert.deepEqual(await one.chunks(), before);
      assert.ok((before[0] ?? 0) > 8, `${before}`);
    });

    test('a connection cut at any packet: all is there, and the merging goes on', async () => {
      await using one = await store(server);
      // So much that a step takes several packets, between which it can be cut.
      const long = () => ({
        ...record(0),
        logrec: `{"data": {"text": "${randomBytes(3000).toString('base64')}"}}`,
      });
      await one.insertOneByOne(Array.from({ length: 270 }, long));
      const before = await one.texts();
      let merged: number[] | undefined;
      for (let cutAt = 0; ; cutAt++) {
        const writer = new MysqlWriter(one.network.address, new TextMerging(0));
        const fate = cutAt % 2 === 0 ? 'cut before' : 'cut behind';
        let packet = 0;
        one.network.fateOf = () => (packet++ === Math.floor(cutAt / 2) ? fate : 'passes');
        await writer.tidy();
        while (await writer.tidy());
        await writer.close();
        merged ??= await one.chunks();
        assert.ok((merged[0] ?? 0) < 10, `${merged}`);
        assert.deepEqual(await one.chunks(), merged);
        assert.deepEqual(await one.texts(), before);
        if (packet <= Math.floor(cutAt / 2)) break;
        await one.cutUp();
        await one.session.run("DELETE FROM property WHERE name = 'texts_merged'");
      }
      assert.ok(one.network.cuts > 8, `${one.network.cuts}`);
    });

    test('what a purge removes meanwhile stays removed', async () => {
      await using one = await store(server);
      await one.insertOneByOne(records(300));
      await using purging = await one.open();
      await purging.run('START TRANSACTION; DELETE FROM record_text WHERE stripe = 0');
      const merging = one.merge();
      await sleep(300);
      await purging.run('COMMIT');
      await merging;
      assert.deepEqual(await one.chunks(), [45]);
    });

    test('two servers that merge while records come and go: nothing is lost', async () => {
      await using one = await store(server);
      const writers = [one.network.address, one.network.address].map(
        (address) => new MysqlWriter(address, new TextMerging(0)),
      );
      await one.insertOneByOne(records(900));
      let isOver = false;
      const merging = writers.map(async (writer) => {
        while (!isOver) await writer.tidy();
      });
      for (let n = 0; n < 10; n++) {
        await one.another.purge(30);
        await Promise.all(Array.from({ length: 20 }, () => one.another.insert([[record(n)]])));
      }
      isOver = true;
      await Promise.all(merging);
      const told = await one.told();
      assert.equal(told.size, 800);
      assert.ok([...told.values()].every((text) => text.includes('"logrec"')));
      for (const writer of writers) await writer.close();
      await one.merge();
      assert.deepEqual(await one.told(), told);
    });
  });
}
