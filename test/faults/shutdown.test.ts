import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ServerProcess, startServer } from '../server-process.ts';
import { Ledger } from './ledger.ts';
import { countOf, fill } from './posts.ts';
import { headOf, openRaw } from './raw-connection.ts';
import { seededRandom } from './seeded-random.ts';
import { childrenOf, isRunning } from './server-memory.ts';
import { WritingClient } from './writing-client.ts';

/** http-api.md: within 10 s whatever the clients do. */
const LIMIT_MS = 10_000;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
const ENV = { CHRONOLOGER_ROLES: 'basic-reader query-reader writer' };
/** Reads all records times all records times all records: some hours. */
const ENDLESS = encodeURIComponent('(SELECT count(*) FROM record a, record b, record c, record d) > 0');

/** Sends the signal; the server has to end by itself, with exit code 0 and in time. */
async function endsBy(server: ServerProcess, signal: NodeJS.Signals): Promise<void> {
  const { pid } = server;
  const children = childrenOf(pid);
  const started = performance.now();
  process.kill(pid, signal);
  const killer = setTimeout(() => process.kill(pid, 'SIGKILL'), 2 * LIMIT_MS);
  const end = await server.ended;
  clearTimeout(killer);
  const took = performance.now() - started;
  assert.deepEqual({ code: end.code, signal: end.signal }, { code: 0, signal: null }, server.log);
  assert.ok(took <= LIMIT_MS, `${signal} took ${Math.round(took)} ms`);
  await sleep(100);
  assert.deepEqual(children.filter(isRunning), [], 'processes that the server left behind');
}

for (const signal of SIGNALS) {
  test(`${signal} while 50 clients write: every 201 is in the store afterwards`, async (t) => {
    const random = seededRandom();
    t.diagnostic(`CHRONOLOGER_SEED=${random.seed}`);
    await using server = await startServer({ env: ENV });
    const ledger = new Ledger();
    const clients = Array.from(
      { length: 50 },
      (_, index) => new WritingClient(server.address, `${index}`, ledger, random, 200),
    );
    await sleep(1500);
    await endsBy(server, signal);
    await Promise.all(clients.map((client) => client.stop()));
    assert.ok(ledger.acknowledged > 1000, 'hardly anything was written: nothing was tested');
    await server.restart();
    await ledger.checkAll(server.address);
    t.diagnostic(`${ledger.acknowledged} records; answers ${JSON.stringify([...ledger.statuses])}`);
  });

  test(`${signal} with clients that hold on: the server ends in time all the same`, async () => {
    await using server = await startServer({ env: ENV });
    await fill(server.address, 20_000, 1000);
    using idle = await openRaw(server.address);
    using slowReader = await openRaw(server.address, { reads: false });
    await slowReader.send(headOf('GET', '/api/v1/record?left=0&right=1000000'));
    using halfHead = await openRaw(server.address);
    await halfHead.send('GET /health HTTP/1.1\r\nHost: x\r\n');
    using halfBody = await openRaw(server.address);
    const typed = { 'Content-Type': 'application/x-ndjson', 'Content-Length': '1000000' };
    await halfBody.send(`${headOf('POST', '/api/v1/record', typed)}{"name": `);
    using query = await openRaw(server.address);
    await query.send(headOf('HEAD', `/api/v1/record?query=${ENDLESS}`));
    await sleep(1500);
    assert.equal(childrenOf(server.pid).length, Math.min(2, availableParallelism()), 'the query runs');
    assert.equal(query.status, undefined, 'the query runs');
    await endsBy(server, signal);
    // Not of slowReader: who does not read does not see the end either.
    for (const { closed } of [idle, halfHead, halfBody, query]) await closed;
    await server.restart();
    assert.equal(await countOf(server.address), 20_000);
  });
}

test('SIGHUP is no reason to die, and a second SIGTERM does not cut the first short', async () => {
  await using server = await startServer({ env: ENV });
  process.kill(server.pid, 'SIGHUP');
  await sleep(300);
  await fill(server.address, 10);
  process.kill(server.pid, 'SIGTERM');
  await endsBy(server, 'SIGTERM');
  await server.restart();
  assert.equal(await countOf(server.address), 10);
});
