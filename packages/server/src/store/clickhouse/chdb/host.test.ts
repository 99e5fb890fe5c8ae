import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { temporaryFolder } from '../../sqlite/temporary.ts';
import { skipWithoutChdb } from '../testing/chdb-installed.ts';
import { ChdbHost } from './host.ts';

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

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
