import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { temporaryFolder } from '../../sqlite/temporary.ts';
import { ClickhouseEngine } from '../engine.ts';
import { skipWithoutChdb } from '../testing/chdb-installed.ts';
import { ChdbHost, socketOf } from './host.ts';

/** Starts chdb, stops its process as a dead disk would, and ends without waiting for it. */
const SERVER = `
  const { ChdbHost } = await import(process.argv[1]);
  const host = new ChdbHost({ folder: process.argv[2] }, () => undefined);
  await host.start();
  process.kill(host.pid, 'SIGSTOP');
  console.log(host.pid);
  process.exit(0);
`;

test('chdb that hangs does not outlive its server, which ends in a hurry: the folder is free', {
  skip: skipWithoutChdb,
}, async () => {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'store');
  const host = new URL('./host.ts', import.meta.url).href;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', SERVER, host, folder]);
  const pid = Number(stdout);
  let isThere = true;
  for (let attempt = 0; attempt < 100 && isThere; attempt++) {
    await sleep(50);
    isThere = isRunning(pid);
  }
  if (isThere) process.kill(pid, 'SIGKILL');
  assert.ok(!isThere);
  const next = new ChdbHost({ folder }, () => undefined);
  await next.start();
  await next.stop();
});

test('chdb that hangs is started anew, and what was to be written meanwhile is written once', {
  skip: skipWithoutChdb,
}, async () => {
  await using temporary = await temporaryFolder();
  const reports: string[] = [];
  const folder = join(temporary.path, 'store');
  const host = new ChdbHost({ folder, socket: socketOf(folder) }, (report) => reports.push(report));
  await host.start();
  const engine = new ClickhouseEngine({ scheme: 'chdb', folder });
  await engine.migrate(() => undefined);
  const writer = engine.openWriter();
  const record = { name: 'n', ts: 1, level: 20, message: 'm', logrec: '{}' };
  await writer.insert([[record]]);
  const { pid } = host;
  if (pid !== undefined) process.kill(pid, 'SIGSTOP');
  const begun = performance.now();
  await writer.insert([[record]]);
  const took = performance.now() - begun;
  assert.ok(took > 5_000 && took < 30_000, `${took} ms`);
  assert.notEqual(host.pid, pid);
  assert.deepEqual(reports, [
    'chdb is ended: it does not answer',
    'chdb ended with SIGKILL and is started again',
  ]);
  const reader = engine.openReader();
  assert.equal(await reader.count({ names: [] }), 2);
  await reader.close();
  await writer.close();
  await host.stop();
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
