import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SqliteEngine } from '../store/sqlite/engine.ts';
import { temporaryFolder } from '../store/sqlite/temporary.ts';
import { StoreError } from '../store/store-error.ts';
import { processSpawner } from './channels.ts';
import { ReaderPool } from './reader-pool.ts';
import { Reading } from './reading.ts';

/** An expression that runs for hours. */
const ENDLESS = `(SELECT count(*) FROM ${'abcdefgh'.replaceAll(/./g, 'record $&,')} record z) > 0`;

async function store() {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'store.sqlite');
  const engine = new SqliteEngine(file, '');
  engine.migrate(() => undefined);
  const writer = engine.openWriter();
  const record = { name: 'n', ts: 0, level: 1, message: '', logrec: '{}' };
  writer.insert([Array.from({ length: 300 }, () => record)]);
  writer.close();
  return { dsn: `sqlite:///${file}`, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('an expression that runs too long is ended, and the next one answered', async () => {
  await using one = await store();
  const pool = new ReaderPool(processSpawner(one), 1);
  const workers = { threads: pool, processes: pool, timeout: 0.5 };
  const job = new Reading(workers).run({ kind: 'count', filter: { names: [], query: ENDLESS } });
  await assert.rejects(job, (error) => error instanceof StoreError && error.fault === 'timeout');
  const next = new Reading({ ...workers, timeout: 10 });
  assert.equal(await next.run({ kind: 'count', filter: { names: [], query: 'record_id <= 7' } }), 7);
  pool.close();
});

test('an expression that runs ends with a server that was killed', async () => {
  await using one = await store();
  const child = JSON.stringify(new URL('./query-process.ts', import.meta.url).pathname);
  const job = JSON.stringify({ kind: 'count', filter: { names: [], query: ENDLESS } });
  const script = `const child = require('node:child_process').fork(${child}, [${JSON.stringify(one.dsn)}, String(process.pid)], {
      serialization: 'advanced', execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    child.send(${job});
    console.log(child.pid);`;
  const server = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(server.stdout, 'data');
  const pid = Number(String(line));
  await sleep(500);
  assert.ok(isAlive(pid));
  server.kill('SIGKILL');
  for (let turn = 0; turn < 50 && isAlive(pid); turn++) await sleep(100);
  const isLeft = isAlive(pid);
  if (isLeft) process.kill(pid, 'SIGKILL');
  assert.equal(isLeft, false);
});
