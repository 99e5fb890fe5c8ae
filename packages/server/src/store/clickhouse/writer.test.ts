import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogRecord } from '@chronologer/record';
import { temporaryFolder } from '../sqlite/temporary.ts';
import { ChdbHost, socketOf } from './chdb/host.ts';
import { Database } from './database.ts';
import { ClickhouseEngine } from './engine.ts';
import { IDS_OF_DAY } from './ids.ts';
import { skipWithoutChdb } from './testing/chdb-installed.ts';
import { startCuttingProxy } from './testing/cutting-proxy.ts';
import { type StandIn, startStandIn } from './testing/stand-in.ts';
import { ClickhouseWriter } from './writer.ts';

const DAY = 86_400_000_000;
const NOW = Date.now() * 1000;
const some = (message: string, ts = NOW): LogRecord => ({ name: 'n', ts, level: 20, message, logrec: '{}' });

describe('writing to ClickHouse', { skip: skipWithoutChdb }, () => {
  let server: StandIn;
  let engine: ClickhouseEngine;
  before(async () => {
    server = await startStandIn();
    engine = new ClickhouseEngine(server.address);
    await engine.migrate(() => undefined);
  });
  after(() => server[Symbol.asyncDispose]());

  const count = async (query: string) => {
    const reader = engine.openReader();
    const found = await reader.count({ names: [], query });
    await reader.close();
    return found;
  };

  test('an insert whose answer is lost is sent again and stored once', async () => {
    await using proxy = await startCuttingProxy(server.address.url);
    const writer = new ClickhouseWriter({ ...server.address, url: proxy.url });
    // The first also notes ids as taken, by another INSERT.
    await writer.insert([[some('before')]]);
    proxy.cutAnswers(3);
    const [ids] = await writer.insert([[some('lost answer'), some('lost answer')]]);
    assert.equal(proxy.cut, 3);
    assert.equal(ids?.length, 2);
    assert.equal(await count("message = 'lost answer'"), 2);
    await writer.close();
  });

  test('of records with ids of their own too, on several days: stored once, in partitions of their own', async () => {
    await using proxy = await startCuttingProxy(server.address.url);
    const writer = new ClickhouseWriter({ ...server.address, url: proxy.url }, { node: 5 });
    const ids = [7, 8, IDS_OF_DAY - 1, IDS_OF_DAY, IDS_OF_DAY * 400 + 3, IDS_OF_DAY * 20_000];
    await writer.insertWithIds(ids.slice(0, 1).map((id) => ({ ...some('own'), id })));
    proxy.cutAnswers(3);
    await writer.insertWithIds(ids.slice(1).map((id) => ({ ...some('own'), id })));
    assert.equal(proxy.cut, 3);
    assert.equal(await count("message = 'own'"), ids.length);
    await writer.close();
    const other = engine.openWriter({ node: 6 });
    const [[next = 0] = []] = await other.insert([[some('behind')]]);
    await other.close();
    assert.ok(next > IDS_OF_DAY * 20_000, 'all servers go on behind them');
  });

  test('a server that is away: tried again for a while, then a plain error', async () => {
    const proxy = await startCuttingProxy(server.address.url);
    const address = { ...server.address, url: proxy.url };
    await proxy[Symbol.asyncDispose]();
    const writer = new ClickhouseWriter(address, {}, 300);
    const begun = performance.now();
    await assert.rejects(() => writer.insert([[some('away')]]), {
      name: 'StoreError',
      fault: 'unavailable',
      message: `The ClickHouse server at ${new URL(address.url).host} cannot be reached: ECONNREFUSED`,
    });
    const took = performance.now() - begun;
    assert.ok(took > 100 && took < 5_000, `${took} ms`);
    await writer.close();
    assert.equal(await count("message = 'away'"), 0);
  });

  test('a wrong password is said, at once and without the password', async () => {
    const writer = new ClickhouseWriter({ ...server.address, password: 'wrong' });
    await assert.rejects(() => writer.insert([[some('wrong')]]), {
      fault: 'unavailable',
      message: 'The store does not take this user or password',
    });
    await writer.close();
  });

  test('two servers at once: no id twice, each sees the records of both', async () => {
    const writers = [engine.openWriter({ node: 1 }), engine.openWriter({ node: 2 })];
    const ids: number[] = [];
    for (let round = 0; round < 10; round++) {
      const stored = await Promise.all(writers.map((writer) => writer.insert([[some('two'), some('two')]])));
      ids.push(...stored.flat(2));
    }
    assert.equal(new Set(ids).size, 40);
    assert.equal(await count("message = 'two'"), 40);
    await Promise.all(writers.map((writer) => writer.close()));
  });

  test('a start behind a crash, on a clock that went back, gives no id twice', async (t) => {
    const crashed = engine.openWriter({ node: 3 });
    const [[last = 0] = []] = await crashed.insert([[some('crash')]]);
    // Not closed: nothing was written down but that its ids may be taken.
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() - 3_600_000 });
    const next = engine.openWriter({ node: 3 });
    const [[id = 0] = []] = await next.insert([[some('crash')]]);
    assert.ok(id > last, `${id} behind ${last}`);
    await Promise.all([crashed.close(), next.close()]);
  });

  test('inserts of one server at once: ids ascend and all are stored', async () => {
    const writer = engine.openWriter({ node: 5 });
    const batches = Array.from({ length: 8 }, () => [some('at once'), some('at once')]);
    const stored = await Promise.all(batches.map((batch) => writer.insert([batch])));
    const ids = stored.flat(2);
    assert.deepEqual(
      ids,
      [...new Set(ids)].sort((a, b) => a - b),
    );
    assert.equal(await count("message = 'at once'"), 16);
    await writer.close();
  });

  test('ids are noted as taken ten seconds ahead, not with every insert', async () => {
    const database = new Database(server.address);
    const notes = async () => {
      const sql =
        "SELECT max(max_block_number) FROM system.parts WHERE table = 'property' FORMAT TabSeparated";
      return Number(await database.read(sql));
    };
    const writer = engine.openWriter({ node: 4 });
    await writer.insert([[some('noted')]]);
    const before = await notes();
    for (let index = 0; index < 5; index++) await writer.insert([[some('noted')]]);
    assert.ok((await notes()) - before <= 1);
    await writer.close();
    await database.close();
  });

  test('removed records count no more, and their space is given back', async () => {
    const writer = engine.openWriter();
    while ((await writer.purge(1000)) > 0);
    // What cannot be packed, beside which the files that each part has do not count.
    const long = () => randomBytes(1000).toString('hex');
    await writer.insert([Array.from({ length: 1000 }, (_, index) => some(long(), index + 1))]);
    const full = await writer.size();
    assert.equal(await writer.purge(900), 900);
    assert.ok((await writer.size()) < full / 2);
    assert.equal(await writer.reclaim(), false);
    assert.ok((await writer.size()) < full / 2);
    assert.equal(await count('ts <= 900'), 0);
    assert.equal(await count('1'), 100);
    await writer.close();
  });

  test('the table forgets records by itself when it merges, for as many days as were told last', async () => {
    const writer = engine.openWriter();
    const database = new Database(server.address);
    while ((await writer.purge(1000)) > 0);
    await writer.expireAfter(10);
    await writer.expireAfter(10);
    const ages = [0, 9, 11, 400, 20_000, -400_000];
    await writer.insert([ages.map((age) => some(`${age}`, Math.round(NOW - age * DAY)))]);
    await database.run('OPTIMIZE TABLE record FINAL');
    assert.equal(await count('1'), 3);
    await writer.expireAfter(undefined);
    await writer.insert([[some('old', NOW - 30 * DAY)]]);
    await database.run('OPTIMIZE TABLE record FINAL');
    assert.equal(await count("message = 'old'"), 1);
    await database.close();
    await writer.close();
  });
});

test('while questions that cannot be interrupted hold chdb, records are written', {
  skip: skipWithoutChdb,
}, async () => {
  await using server = await startStandIn();
  const engine = new ClickhouseEngine(server.address);
  await engine.migrate(() => undefined);
  const writer = engine.openWriter();
  await writer.insert([[some('before')]]);
  // A function over constants: KILL QUERY and the time limit are looked at behind it.
  const long = Array.from(
    { length: 20 },
    (_, index) => `levenshteinDistance(repeat('a${index}', 32000), repeat('b', 32000))`,
  );
  const first = server.pid;
  const questions = Array.from({ length: 8 }, async () => {
    const reader = engine.openReader({ timeout: 1 });
    await reader.count({ names: [], query: `${long.join(' + ')} > 0` }).catch(() => undefined);
    await reader.close();
  });
  await sleep(1000);
  const written = writer.insert([[some('beside')]]).then(() => 'written');
  assert.equal(await Promise.race([written, sleep(8000, 'held up')]), 'written');
  await Promise.all(questions);
  // What was given up ends with its process.
  for (let attempt = 0; attempt < 150 && server.pid === first; attempt++) await sleep(100);
  assert.notEqual(server.pid, first);
  await writer.close();
  const next = new ClickhouseEngine(server.address).openWriter();
  await next.insert([[some('after')]]);
  await next.close();
});

test('chdb killed again and again: what was told is stored is there, once', {
  skip: skipWithoutChdb,
}, async () => {
  await using folder = await temporaryFolder();
  const address = { scheme: 'chdb', folder: join(folder.path, 'store') } as const;
  const engine = new ClickhouseEngine(address);
  const host = new ChdbHost({ folder: address.folder, socket: socketOf(address.folder) }, () => undefined);
  await host.start();
  await engine.migrate(() => undefined);
  const writer = engine.openWriter();
  const stored: number[] = [];
  let over = false;
  const writing = (async () => {
    while (!over) stored.push(...(await writer.insert([[some('a'), some('b')], [some('c')]])).flat());
  })();
  for (let kill = 0; kill < 8; kill++) {
    const before = stored.length;
    while (stored.length < before + 9) await sleep(5);
    await sleep(20 * kill);
    if (host.pid !== undefined) process.kill(host.pid, 'SIGKILL');
  }
  over = true;
  await writing;
  const reader = engine.openReader();
  // The last kill may meet it only now.
  for (let attempt = 0; attempt < 100; attempt++) {
    await sleep(100);
    const isBack = await reader.count({ names: [] }).then(
      () => true,
      () => false,
    );
    if (isBack) break;
  }
  const page = await reader.page({ names: [] }, { skip: 0, take: 1e6 }, 1e9);
  const found = [...new TextDecoder().decode(page.bytes).matchAll(/"id": (\d+)\}/g)].map(([, id]) =>
    Number(id),
  );
  const rest = page.next === undefined ? 0 : await reader.count({ names: [] });
  assert.equal(rest, 0, 'all fits one page');
  assert.deepEqual(found.reverse(), stored);
  await reader.close();
  await writer.close();
  await host.stop();
});
