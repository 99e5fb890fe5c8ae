import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Body } from '../../ingest/decode.ts';
import { WriteQueue } from '../../threads/write-queue.ts';
import { StoreError } from '../store-error.ts';
import { Session } from './connection.ts';
import type { Fate } from './faulty-network.ts';
import { TEST_SERVERS } from './temporary.ts';
import { MysqlWriter } from './writer.ts';
import { record, records, writerTrial } from './writer-trial.ts';

const isCommit = (packet: string) => packet.includes('COMMIT;');
const unavailable = (message: RegExp) => (error: unknown) =>
  error instanceof StoreError && error.fault === 'unavailable' && message.test(error.message);

for (const server of TEST_SERVERS) {
  describe(`the writer on ${server.name}`, { skip: server.skip }, () => {
    for (const fate of ['cut before', 'cut behind', 'late'] as const) {
      test(`COMMIT ${fate}: stored once, under the ids that are told`, async () => {
        await using one = await writerTrial(server);
        assert.deepEqual(await one.writer.insert([[record(0)]]), [[1]]);
        let left = 1;
        one.network.fateOf = (packet) => (isCommit(packet) && left-- > 0 ? fate : 'passes');
        const ids = await one.writer.insert([records(3), records(2)]);
        assert.equal(one.network.cuts, 1);
        assert.deepEqual(ids, [
          [2, 3, 4],
          [5, 6],
        ]);
        assert.equal(await one.count(), 6);
        assert.deepEqual(await one.writer.insert([[record(0)]]), [[7]]);
      });

      test(`COMMIT ${fate}, of records with ids of their own: stored once`, async () => {
        await using one = await writerTrial(server);
        const ids = [3, 4, 5, 255, 256, 257, 9000];
        let left = 1;
        one.network.fateOf = (packet) => (isCommit(packet) && left-- > 0 ? fate : 'passes');
        await one.writer.insertWithIds(ids.map((id) => ({ ...record(id), id })));
        assert.equal(one.network.cuts, 1);
        assert.equal(await one.count(), ids.length);
        assert.deepEqual(await one.writer.insert([[record(0)]]), [[9001]]);
        for (const taken of [[9001], [9002, 9002], [9003, 9002]]) {
          const given = taken.map((id) => ({ ...record(1), id }));
          await assert.rejects(one.writer.insertWithIds(given), unavailable(/ids up to 900\d, and none/));
        }
        assert.equal(await one.count(), ids.length + 1);
      });
    }

    test('a connection cut at any packet, before it or behind it: stored once', async () => {
      await using one = await writerTrial(server);
      const batch = records(700);
      let stored = 0;
      for (let cutAt = 0; ; cutAt++) {
        let packet = 0;
        const fate: Fate = cutAt % 2 === 0 ? 'cut before' : 'cut behind';
        one.network.fateOf = () => (packet++ === Math.floor(cutAt / 2) ? fate : 'passes');
        // Anew, so that the way of a connection is cut too.
        await one.writer.close();
        const before = one.network.cuts;
        const [ids = []] = await one.writer.insert([batch]);
        stored += batch.length;
        assert.equal(ids.at(-1), stored);
        assert.equal(await one.count(), stored);
        if (one.network.cuts === before) break;
      }
      assert.ok(one.network.cuts > 10, `${one.network.cuts}`);
    });

    test('a server that cannot be reached: told after some seconds, and well when it is back', async () => {
      await using one = await writerTrial(server);
      await one.writer.insert([[record(0)]]);
      one.network.fateOf = () => 'cut before';
      await assert.rejects(one.writer.insert([[record(1)]]), unavailable(/cannot be reached/));
      one.network.fateOf = () => 'passes';
      assert.deepEqual(await one.writer.insert([[record(1)]]), [[2]]);
      assert.equal(await one.count(), 2);
    });

    test('a connection that the server ended is opened anew', async () => {
      await using one = await writerTrial(server);
      await one.writer.insert([[record(0)]]);
      const [[id] = []] = await one.session.rows(
        `SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID() LIMIT 1`,
      );
      await one.session.run(`KILL ${id}`);
      assert.deepEqual(await one.writer.insert([[record(1)]]), [[2]]);
    });

    test('a deadlock is tried again', async () => {
      await using one = await writerTrial(server);
      await one.writer.insert([records(3)]);
      await using other = await one.open();
      await other.run('CREATE TABLE ballast (n INT PRIMARY KEY)');
      await other.run('START TRANSACTION');
      // So much that the server gives the other transaction up.
      await other.run(`INSERT INTO ballast SELECT record_id FROM record`);
      const more = Array.from({ length: 3000 }, (_, n) => `(${n + 10})`).join(', ');
      await other.run(`INSERT INTO ballast VALUES ${more}`);
      await other.rows('SELECT * FROM rollup FOR UPDATE');
      const inserting = one.writer.insert([records(3)]);
      await sleep(300);
      await other.run(`UPDATE property SET value = value WHERE name = 'last_id'; COMMIT`);
      assert.deepEqual(await inserting, [[4, 5, 6]]);
      assert.equal(await one.count(), 6);
    });

    test('a lock that is held too long: told, nothing stored, and well when it is let go', async () => {
      await using one = await writerTrial(server);
      await one.writer.insert([[record(0)]]);
      await using other = await one.open();
      await other.run('START TRANSACTION');
      await other.rows(`SELECT value FROM property WHERE name = 'last_id' FOR UPDATE`);
      await assert.rejects(one.writer.insert([[record(1)]]), unavailable(/busy/));
      await other.run('ROLLBACK');
      assert.deepEqual(await one.writer.insert([[record(1)]]), [[2]]);
      assert.equal(await one.count(), 2);
    });

    test('no connection left: waited for, then told', async () => {
      await using one = await writerTrial(server);
      const [user, password] = [`few_${Math.random().toString(36).slice(2, 10)}`, 'p@ss:w/rd'];
      const grant = `GRANT ALL ON \`${one.network.address.database}\`.* TO '${user}'@'%'`;
      await one.session.run(
        `CREATE USER '${user}'@'%' IDENTIFIED BY '${password}' WITH MAX_USER_CONNECTIONS 1; ${grant}`,
      );
      try {
        const address = { ...one.network.address, user, password };
        const [first, second] = [new MysqlWriter(address), new MysqlWriter(address)];
        await first.insert([[record(0)]]);
        const waiting = second.insert([[record(1)]]);
        await sleep(200);
        await first.close();
        assert.deepEqual(await waiting, [[2]]);
        await assert.rejects(first.insert([[record(2)]]), unavailable(/no connection left/));
        await second.close();
        assert.equal(await one.count(), 2);
      } finally {
        await one.session.run(`DROP USER '${user}'@'%'`);
      }
    });

    test('a wrong password, a missing database, a missing schema are told plainly, without the password', async () => {
      await using one = await writerTrial(server);
      for (const [change, message] of [
        [{ user: 'nobody', password: 'hunter2' }, /refuses the user or the password/],
        [{ database: 'no_such_database' }, /no such database .* CREATE DATABASE/],
      ] as const) {
        const writer = new MysqlWriter({ ...one.network.address, ...change });
        await assert.rejects(writer.insert([[record(0)]]), (error: Error) => {
          assert.ok(unavailable(message)(error), error.message);
          return !String(error.stack).includes('hunter2');
        });
      }
      await one.session.run("DELETE FROM property WHERE name = 'last_id'");
      await assert.rejects(one.writer.insert([[record(0)]]), unavailable(/schema is missing/));
    });

    test('an account that is locked, a password that has expired are told plainly', async () => {
      await using one = await writerTrial(server);
      const user = `shut_${Math.random().toString(36).slice(2, 10)}`;
      await one.session.run(
        `CREATE USER '${user}'@'%' IDENTIFIED BY 'a'; GRANT ALL ON \`${one.network.address.database}\`.* TO '${user}'@'%'`,
      );
      try {
        for (const [change, message] of [
          ['ACCOUNT LOCK', /account of .* is locked/],
          ['ACCOUNT UNLOCK PASSWORD EXPIRE', /password of .* has expired/],
        ] as const) {
          await one.session.run(`ALTER USER '${user}'@'%' ${change}`);
          const writer = new MysqlWriter({ ...one.network.address, user, password: 'a' });
          await assert.rejects(writer.insert([[record(0)]]), unavailable(message));
          await writer.close();
        }
      } finally {
        await one.session.run(`DROP USER '${user}'@'%'`);
      }
    });

    test('somebody else wrote into the table: ids go on behind theirs', async () => {
      await using one = await writerTrial(server);
      await one.writer.insert([records(2)]);
      await one.session.run(
        `INSERT INTO record (name, ts, level, message, logrec) VALUES ('old', '2020-01-01', 10, NULL, NULL)`,
      );
      assert.deepEqual(await one.writer.insert([records(2)]), [[4, 5]]);
      assert.match(
        new TextDecoder().decode(await one.reader.get(3)),
        /"message": "", "logrec": \{\}, "id": 3/,
      );
    });

    test('somebody else wrote ids that the API cannot tell: they do not count', async () => {
      await using one = await writerTrial(server);
      await one.writer.insert([records(2)]);
      const foreign = (id: string) =>
        one.session.run(
          `INSERT INTO record (record_id, name, ts, level) VALUES (${id}, 'old', '2020-01-01', 10)`,
        );
      for (const id of ['9007199254740993', '18446744073709551614', '3']) await foreign(id);
      assert.deepEqual(await one.writer.insert([records(2)]), [[4, 5]]);
      const { count } = await one.reader.page({ names: [] }, { skip: 0, take: 10 }, 1e6);
      assert.equal(count, 5);
      await foreign('6');
      await foreign(`${Number.MAX_SAFE_INTEGER - 2}`);
      const last = [[Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER]];
      assert.deepEqual(await one.writer.insert([records(2)]), last);
      for (const count of [1, 300]) {
        await assert.rejects(
          one.writer.insert([records(count)]),
          unavailable(/ids of the store are used up/),
        );
      }
    });

    test('what is there under the next id and is no record: told, and not tried for ever', async () => {
      await using one = await writerTrial(server);
      await one.writer.insert([records(2)]);
      await one.session.run("INSERT INTO record_text VALUES (0, 3, 0, 3, 1, x'0011223344556677', x'00')");
      await assert.rejects(one.writer.insert([[record(2)]]), unavailable(/failed/));
      await one.session.run('DELETE FROM record_text WHERE first_id = 3');
      assert.deepEqual(await one.writer.insert([[record(2)]]), [[3]]);
    });

    test('purges under faults keep the sums right', async () => {
      await using one = await writerTrial(server);
      await one.writer.insert([records(1000)]);
      for (const fate of ['cut before', 'cut behind', 'late'] as const) {
        let left = 1;
        one.network.fateOf = (packet) => (isCommit(packet) && left-- > 0 ? fate : 'passes');
        await one.writer.purge(256);
        const [[rows, sums] = []] = await one.session.rows(
          'SELECT (SELECT COUNT(*) FROM record), (SELECT SUM(count) FROM total)',
        );
        assert.equal(Number(sums), rows);
      }
      while ((await one.writer.purge(100)) > 0);
      assert.equal(await one.count(), 0);
      const [[sums, totals] = []] = await one.session.rows(
        'SELECT (SELECT COUNT(*) FROM rollup), (SELECT COUNT(*) FROM total)',
      );
      assert.deepEqual([sums, totals], [0, 0]);
    });

    test('names of 900 kB: no packet is larger than a megabyte, and all is read, filtered and purged', async (t) => {
      const { open } = Session;
      t.mock.method(Session, 'open', async (...parameters: Parameters<typeof open>) =>
        Object.assign(await open.apply(Session, parameters), { maxPacket: 1_048_576 }),
      );
      await using one = await writerTrial(server);
      const { run } = Session.prototype;
      let largest = 0;
      t.mock.method(Session.prototype, 'run', function (this: Session, sql: string) {
        largest = Math.max(largest, sql.length);
        return run.call(this, sql);
      });
      const names = [
        'x'.repeat(900_000),
        `${'\u{1f600}'.repeat(225_000)}a`,
        `${'\u{1f600}'.repeat(225_000)}b`,
      ];
      const [ids = []] = await one.writer.insert([names.map((name) => ({ ...record(1), name }))]);
      assert.ok(largest > 0 && largest <= 1_048_576, `${largest}`);
      for (const [index, name] of names.entries()) {
        const found = JSON.parse(new TextDecoder().decode(await one.reader.get(ids[index] ?? 0)));
        assert.equal(found.name, name);
      }
      assert.equal(await one.reader.count({ names: ['x'.repeat(140_000)] }), 1);
      assert.equal(await one.reader.count({ names: ['\u{1f600}'.repeat(20_000)] }), 2);
      assert.equal(await one.writer.purge(3), 3);
      assert.equal(await one.count(), 0);
    });

    test('a record that the server refuses fails alone: of the others each is stored once, in order', async () => {
      await using one = await writerTrial(server);
      await one.session.run(
        `CREATE TRIGGER refusing BEFORE INSERT ON record FOR EACH ROW
         IF NEW.message = 'bad' THEN SIGNAL SQLSTATE '45000'; END IF`,
      );
      const queue = new WriteQueue(one.writer, () => undefined);
      const text = (message: string) => JSON.stringify({ name: 'n', levelno: 20, created: 1, message });
      const bodyOf = (n: number): [number, Body] => {
        const bytes = new TextEncoder().encode(text(n % 100 === 33 ? 'bad' : `${n}`));
        return [n, { type: 'json', raw: false, now: 0, bytes }];
      };
      const rounds = [0, 300].map((first) =>
        queue.write(Array.from({ length: 300 }, (_, n) => bodyOf(first + n))),
      );
      for (const answers of await Promise.all(rounds)) {
        assert.deepEqual(
          answers.flatMap(([n, { status }]) => (status === 201 ? [] : [n % 300])),
          [33, 133, 233],
        );
        const stored = answers.flatMap(([n, answer]) =>
          answer.status === 201 ? [[n, answer] as const] : [],
        );
        const ids = stored.map(([, answer]): number => JSON.parse(answer.body).id);
        assert.deepEqual(
          ids,
          ids.toSorted((a, b) => a - b),
        );
      }
      assert.equal(await one.count(), 594);
      const [[different] = []] = await one.session.rows('SELECT COUNT(DISTINCT message) FROM record');
      assert.equal(different, 594);
    });

    test('the size follows the records', async () => {
      await using one = await writerTrial(server);
      for (let n = 0; n < 5; n++) await one.writer.insert([records(1000)]);
      const size = await one.writer.size();
      assert.ok(size > 300_000, `${size}`);
      await one.writer.purge(2500);
      assert.equal(await one.writer.size(), Math.round(size / 2));
    });
  });
}
