import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { send } from '../../../../test/http-request.ts';
import { freshFolder, startServer } from '../../../../test/server-process.ts';

const COMMAND = fileURLToPath(new URL('../../bin/chronologer', import.meta.url));

let folder: string;
before(async () => {
  folder = await freshFolder();
});
after(() => rmSync(folder, { recursive: true }));

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends the server with 0`, async () => {
    await using server = await startServer();
    process.kill(server.pid, signal);
    const { code, signal: by } = await server.ended;
    assert.deepEqual([code, by], [0, null], server.log);
  });
}

test('SIGHUP does nothing', async () => {
  await using server = await startServer();
  process.kill(server.pid, 'SIGHUP');
  await sleep(100);
  assert.equal((await send(server.address, { path: '/health' })).status, 200);
});

test('a second signal ends at once what the first one waits for', async () => {
  await using server = await startServer({ environment: 'development' });
  const client = connect(server.port, '127.0.0.1');
  client.on('error', () => undefined);
  client.write(
    'POST /api/v1/record HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
  );
  await sleep(200);
  process.kill(server.pid, 'SIGTERM');
  await sleep(1200);
  const before = performance.now();
  process.kill(server.pid, 'SIGTERM');
  const { code, signal } = await server.ended;
  assert.ok(performance.now() - before < 2000);
  assert.equal(signal, null);
  assert.notEqual(code, 0, 'something was left undone');
  client.destroy();
});

test('a signal that comes while the server starts ends it, too', async () => {
  for (const delay of [80, 120, 160, 200, 250]) {
    const child = spawn(COMMAND, ['serve', '-m'], {
      cwd: folder,
      env: { ...process.env, CHRONOLOGER_PORT: '0' },
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    await sleep(delay);
    child.kill('SIGTERM');
    const late = sleep(15_000, 'late', { ref: false });
    const end = await Promise.race([ended, late]);
    if (end === 'late') child.kill('SIGKILL');
    assert.notEqual(end, 'late', `${delay} ms after the start`);
    // Before the command has taken the signal over, the system's own way counts.
    assert.ok(end[0] === 0 || end[1] === 'SIGTERM', `${delay} ms: ${end}`);
  }
});

test('a reader of the log that goes is no reason to die', async () => {
  const child = spawn(COMMAND, ['serve', '-m'], {
    cwd: folder,
    env: { ...process.env, CHRONOLOGER_PORT: '0', CHRONOLOGER_LOG_LEVEL: 'debug' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  try {
    let log = '';
    for await (const chunk of child.stderr) {
      log += chunk;
      if (/"address":"[^"]+"/.test(log)) break;
    }
    child.stderr.destroy();
    const address = /"address":"([^"]+)"/.exec(log)?.[1];
    assert.ok(address !== undefined, log);
    for (let request = 0; request < 5; request++) {
      assert.equal((await send(address, { path: '/health' })).status, 200);
    }
  } finally {
    child.kill('SIGTERM');
  }
  assert.deepEqual(await ended, [0, null]);
});
