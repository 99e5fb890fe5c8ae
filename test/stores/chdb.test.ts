import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { skipWithoutChdb } from '../../packages/server/src/store/clickhouse/testing/chdb-installed.ts';
import { LOGGER, send } from '../http-request.ts';
import { freshFolder, runCommand, type ServerProcess, startServer } from '../server-process.ts';

const CHDB = { CHRONOLOGER_STORAGE_DSN: 'chdb:///store' };
const SECONDS = 6;
const RATE = 500;
const CONNECTIONS = 200;

/** Asks the engine beside the server, on its socket. */
function ask(server: ServerProcess, sql: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socketPath = join(server.folder, 'store/chronologer.sock');
    const sent = request({ socketPath, method: 'POST', path: '/' }, async (response) =>
      resolve(Buffer.concat(await response.toArray()).toString('utf8')),
    );
    sent.on('error', reject).end(sql);
  });
}

function post(server: ServerProcess, agent: Agent, message: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.address);
    const headers = { ...LOGGER, 'Content-Type': 'application/json' };
    const options = { hostname, port, agent, headers, method: 'POST', path: '/api/v1/record' };
    const sent = request(options, (response) =>
      response.resume().on('end', () => resolve(response.statusCode)),
    );
    const created = Date.now() / 1000;
    sent.on('error', reject).end(JSON.stringify({ name: 'n', created, levelno: 20, message }));
  });
}

/** How often something was inserted into the table of records: each insert makes one part. */
async function inserts(server: ServerProcess): Promise<number> {
  const parts = "FROM system.parts WHERE database = 'chronologer' AND table = 'record'";
  return Number(await ask(server, `SELECT max(max_block_number) ${parts} FORMAT TabSeparated`));
}

describe('a server on chdb', { skip: skipWithoutChdb }, () => {
  test(`${RATE} single records a second on ${CONNECTIONS} connections: below 5 parts a second`, async () => {
    await using server = await startServer({ env: CHDB });
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    await post(server, agent, 'the first one');
    const before = await inserts(server);
    const begun = performance.now();
    const posts: Promise<number | undefined>[] = [];
    while (posts.length < RATE * SECONDS) {
      const due = Math.min(RATE * SECONDS, ((performance.now() - begun) / 1000) * RATE);
      while (posts.length < due) posts.push(post(server, agent, `${posts.length}`));
      await sleep(5);
    }
    const statuses = new Set(await Promise.all(posts));
    const seconds = (performance.now() - begun) / 1000;
    agent.destroy();
    assert.deepEqual([...statuses], [201]);
    const parts = (await inserts(server)) - before;
    assert.ok(parts > 0 && parts / seconds < 5, `${parts} parts in ${seconds} s`);
    const { headers } = await send(server.address, {
      method: 'HEAD',
      path: '/api/v1/record',
      headers: LOGGER,
    });
    assert.equal(headers['x-record-count'], String(RATE * SECONDS + 1));
  });

  test('one record alone need not wait for others', async () => {
    await using server = await startServer({ env: CHDB });
    const agent = new Agent({ keepAlive: true });
    const took: number[] = [];
    for (let index = 0; index < 5; index++) {
      const begun = performance.now();
      assert.equal(await post(server, agent, `${index}`), 201);
      took.push(performance.now() - begun);
      await sleep(400);
    }
    // The quickest: a busy machine is no failure.
    assert.ok(Math.min(...took) < 200, took.join());
    agent.destroy();
  });

  test('SIGTERM ends both processes, SIGKILL too; what was stored is there at the next start', async () => {
    await using server = await startServer({ env: CHDB });
    const agent = new Agent();
    for (const [index, end] of (['stop', 'kill', 'stop'] as const).entries()) {
      assert.equal(await post(server, agent, `${index}`), 201);
      await server[end]();
      await server.restart();
      const { headers } = await send(server.address, {
        method: 'HEAD',
        path: '/api/v1/record',
        headers: LOGGER,
      });
      assert.equal(headers['x-record-count'], String(index + 1));
    }
    assert.equal((await server.stop()).code, 0);
    await assert.rejects(() => ask(server, 'SELECT 1'));
  });

  test('two servers on one folder: the second says why it cannot start', async () => {
    await using server = await startServer({ env: CHDB });
    const { code, stderr } = await runCommand(['serve'], {
      env: { ...CHDB, CHRONOLOGER_PORT: '0' },
      cwd: server.folder,
    });
    assert.equal(code, 1);
    assert.match(stderr, /store cannot be used: .*lock/i);
    const { status } = await send(server.address, { path: '/api/v1/record?left=0&right=1', headers: LOGGER });
    assert.equal(status, 200);
  });
});

test('without chdb: exit code 1, and how to install it', async () => {
  const cwd = await freshFolder();
  const nodePath = process.env.NODE_PATH;
  delete process.env.NODE_PATH;
  const { code, stderr } = await runCommand(['migrate'], { env: CHDB, cwd });
  if (nodePath !== undefined) process.env.NODE_PATH = nodePath;
  assert.equal(code, 1);
  assert.match(stderr, /chdb is not installed; .*npm install chdb/);
  assert.equal(existsSync(join(cwd, 'store', 'metadata')), false);
  await rm(cwd, { recursive: true });
});

test('migrate --print needs no server', async () => {
  const cwd = await freshFolder();
  const dsn = 'clickhouse://user:hunter2@nowhere.invalid/logs?cluster=c';
  const { code, stdout, stderr } = await runCommand(['migrate', '--print'], {
    env: { CHRONOLOGER_STORAGE_DSN: dsn },
    cwd,
  });
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /CREATE TABLE IF NOT EXISTS `logs`\.record ON CLUSTER `c`/);
  assert.doesNotMatch(stdout, /hunter2/);
  await rm(cwd, { recursive: true });
});
