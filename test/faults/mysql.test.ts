import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Session } from '../../packages/server/src/store/mysql/connection.ts';
import {
  type TemporaryDatabase,
  temporaryDatabase,
} from '../../packages/server/src/store/mysql/temporary.ts';
import { LOGGER, send, textOf } from '../http-request.ts';
import { type ServerProcess, startServer } from '../server-process.ts';
import { Ledger } from './ledger.ts';
import { mysqlServer, NO_SERVER } from './mysql-server.ts';
import { assertPlainError, countOf, post, recordText } from './posts.ts';
import { type SeededRandom, seededRandom } from './seeded-random.ts';
import { WritingClient } from './writing-client.ts';

const KILLS = Number(process.env.CHRONOLOGER_MYSQL_KILLS ?? 50);
const CLIENTS = 4;
const LARGEST_BATCH = 3000;
const CHECK_EVERY = 10;

/** The tests follow each other: the server is theirs alone. */
describe('a MySQL server that fails', { skip: NO_SERVER, concurrency: 1 }, () => {
  let dsn = '';
  before(async () => {
    dsn = await mysqlServer('start');
  });
  after(async () => {
    await mysqlServer('start');
  });

  async function chronologer(database: TemporaryDatabase): Promise<ServerProcess> {
    const env = {
      CHRONOLOGER_ROLES: 'basic-reader query-reader writer',
      CHRONOLOGER_SECRET: 'of the tests of faults',
      CHRONOLOGER_STORAGE_DSN: database.dsn,
    };
    return await startServer({ env });
  }

  async function database(): Promise<TemporaryDatabase> {
    const made = await temporaryDatabase({
      name: 'MySQL',
      variable: 'CHRONOLOGER_TEST_MYSQL_CONTROL',
      dsn,
      skip: false,
    });
    return {
      ...made,
      async [Symbol.asyncDispose]() {
        // A test that failed may have left it down.
        await mysqlServer('start');
        await made[Symbol.asyncDispose]();
      },
    };
  }

  const crowd = (address: string, name: string, ledger: Ledger, random: SeededRandom) =>
    Array.from(
      { length: CLIENTS },
      (_, index) => new WritingClient(address, `${name}.${index}`, ledger, random, LARGEST_BATCH),
    );

  test(`${KILLS} times kill -9 of it under load: nothing acknowledged is lost, nothing is there twice`, async (t) => {
    const random = seededRandom();
    t.diagnostic(`CHRONOLOGER_SEED=${random.seed}`);
    await using store = await database();
    await using server = await chronologer(store);
    const ledger = new Ledger();
    for (let kill = 1; kill <= KILLS; kill++) {
      const clients = crowd(server.address, String(kill), ledger, random);
      await sleep(random.between(50, 400));
      await mysqlServer('kill');
      await mysqlServer('start');
      // Those that were not refused go on with the server that is back.
      await sleep(random.between(0, 300));
      await Promise.all(clients.map((client) => client.stop()));
      if (kill % CHECK_EVERY === 0) await ledger.checkNew(server.address);
    }
    await ledger.checkAll(server.address);
    t.diagnostic(
      `${ledger.acknowledged} records acknowledged; answers ${JSON.stringify([...ledger.statuses])}`,
    );
    assert.ok(ledger.acknowledged > 100 * KILLS, 'hardly anything was acknowledged: nothing was tested');
    assert.deepEqual(
      [...ledger.statuses.keys()].filter((status) => status !== 201 && status !== 207 && status !== 503),
      [],
      'only stored or refused for now',
    );
    assert.equal((await server.stop()).code, 0);
  });

  test('it is stopped and started under load; while it is away, 503 says why', async (t) => {
    const random = seededRandom();
    await using store = await database();
    await using server = await chronologer(store);
    const ledger = new Ledger();
    const clients = crowd(server.address, 'stop', ledger, random);
    await sleep(500);
    await mysqlServer('stop');
    await Promise.all(clients.map((client) => client.stop()));
    assertPlainError(await post(server.address, recordText(1)), 503, /MySQL server cannot be reached/);
    const read = await send(server.address, { path: '/api/v1/record?left=0&right=0', headers: LOGGER });
    assertPlainError(read, 503, /MySQL server cannot be reached/);
    await mysqlServer('start');
    await ledger.checkAll(server.address);
    assert.equal((await post(server.address, recordText(2))).status, 201);
    t.diagnostic(`${ledger.acknowledged} records acknowledged`);
  });

  test('it is away when Chronologer is told to stop: the stop does not wait for it', async () => {
    await using store = await database();
    await using server = await chronologer(store);
    await mysqlServer('kill');
    const posting = post(server.address, recordText(1)).catch(() => undefined);
    await sleep(100);
    assert.equal((await server.stop()).code, 0);
    await posting;
    await mysqlServer('start');
  });

  test('max_connections is used up: readers are told, writers go on, and all is well afterwards', async () => {
    await using store = await database();
    await using server = await chronologer(store);
    assert.equal((await post(server.address, recordText(1))).status, 201);
    const admin = await store.open();
    const [[limit] = []] = await admin.rows('SELECT @@max_connections');
    const open: Session[] = [];
    try {
      await admin.run('SET GLOBAL max_connections = 10');
      for (;;) open.push(await Session.open(store.address, 'migrating'));
    } catch (error) {
      assert.match(String(error), /Too many connections/);
    }
    const read = await send(server.address, { path: '/api/v1/record?left=0&right=0', headers: LOGGER });
    assertPlainError(read, 503, /no connection left/);
    assert.equal((await post(server.address, recordText(2))).status, 201);
    await admin.run(`SET GLOBAL max_connections = ${limit}`);
    for (const session of open) await session.close();
    await admin.close();
    assert.equal(await countOf(server.address), 2);
  });

  test('max_allowed_packet is small: records of 5 MB are stored all the same, and come back', async () => {
    await using store = await database();
    const admin = await store.open();
    const [[limit] = []] = await admin.rows('SELECT @@max_allowed_packet');
    await admin.run('SET GLOBAL max_allowed_packet = 1048576');
    try {
      await using server = await chronologer(store);
      const large = recordText(1, 5_000_000);
      const batch = Array.from({ length: 2000 }, (_, n) => recordText(n, 1500)).join('\n');
      const stored = await post(server.address, large);
      assert.equal(stored.status, 201, textOf(stored).slice(0, 300));
      assert.equal((await post(server.address, batch, 'application/x-ndjson')).status, 201);
      const answer = await send(server.address, { path: '/api/v1/record/1', headers: LOGGER });
      assert.equal(JSON.parse(textOf(answer)).logrec.data.padding, JSON.parse(large).padding);
      assert.equal(await countOf(server.address), 2001);
      const cut = encodeURIComponent("logrec->>'$.meta.msg' = 'record 1' AND record_id = 1");
      assert.equal(await countOf(server.address, `query=${cut}`), 1, 'the column has what fits of it');
    } finally {
      await admin.run(`SET GLOBAL max_allowed_packet = ${limit}`);
      await admin.close();
    }
  });

  test('what its administrator set for all sessions changes nothing', async () => {
    await using store = await database();
    const admin = await store.open();
    const names = ['sql_select_limit', 'max_execution_time', 'autocommit', 'sql_safe_updates'];
    await admin.run('SET GLOBAL sql_select_limit = 3, max_execution_time = 1000, autocommit = 0');
    await admin.run('SET GLOBAL sql_safe_updates = 1');
    try {
      await using server = await chronologer(store);
      const kinds = Array.from({ length: 20 }, (_, n) =>
        JSON.stringify({ ...JSON.parse(recordText(n)), name: `n${n}` }),
      );
      assert.equal((await post(server.address, kinds.join('\n'), 'application/x-ndjson')).status, 201);
      assert.equal(await countOf(server.address), 20);
      const range = await send(server.address, { path: '/api/v1/record?left=0&right=99', headers: LOGGER });
      assert.equal(JSON.parse(textOf(range)).length, 20);
      for (const purpose of ['writing', 'migrating'] as const) {
        const session = await Session.open(store.address, purpose);
        const [row] = await session.rows(
          'SELECT @@autocommit, @@max_execution_time, @@sql_select_limit <> 3',
        );
        assert.deepEqual(row, [1, 0, 1], purpose);
        await session.close();
      }
    } finally {
      for (const name of names) await admin.run(`SET GLOBAL ${name} = DEFAULT`);
      await admin.close();
    }
  });
});
