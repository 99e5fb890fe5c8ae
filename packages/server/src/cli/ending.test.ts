import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mock, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { Ending } from './ending.ts';

/** An ending whose process is a list of exit codes. */
function ending(close: () => Promise<void>, limit = 9000) {
  const codes: number[] = [];
  const log = pino({ level: 'silent' });
  return { codes, ending: new Ending({ log, close, limit, end: (code) => void codes.push(code) }) };
}

const never = () => new Promise<void>(() => undefined);

test('a signal closes the server, once, and the process ends with 0', async () => {
  let closed = 0;
  const { codes, ending: it } = ending(async () => {
    closed += 1;
  });
  // Ctrl+C under npm comes twice.
  it.onSignal('SIGINT');
  it.onSignal('SIGINT');
  await turn();
  assert.deepEqual([codes, closed], [[0], 1]);
});

test('a store that cannot be closed ends the process with 1', async () => {
  const { codes, ending: it } = ending(() => Promise.reject(new Error('disk')));
  it.onSignal('SIGTERM');
  await turn();
  assert.deepEqual(codes, [1]);
});

test('closing that never ends is left at the limit: still 0, which is what SIGTERM promises', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { codes, ending: it } = ending(never, 9000);
    it.onSignal('SIGTERM');
    mock.timers.tick(8999);
    assert.deepEqual(codes, []);
    mock.timers.tick(1);
    assert.deepEqual(codes, [0]);
  } finally {
    mock.timers.reset();
  }
});

test('a later signal ends the process at once, with 1', () => {
  const now = mock.method(performance, 'now', () => 0);
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { codes, ending: it } = ending(never);
    it.onSignal('SIGTERM');
    now.mock.mockImplementation(() => 1001);
    it.onSignal('SIGTERM');
    assert.deepEqual(codes, [1]);
  } finally {
    mock.timers.reset();
    now.mock.restore();
  }
});

test('the process ends though a thread is in a statement that never does', () => {
  const ending = JSON.stringify(fileURLToPath(new URL('./ending.ts', import.meta.url)));
  const script = `
    import { Worker } from 'node:worker_threads';
    import { endNow } from ${ending};
    const forever = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
    const worker = new Worker(\`
      const { DatabaseSync } = require('node:sqlite');
      require('node:worker_threads').parentPort.postMessage('starts');
      new DatabaseSync(':memory:').exec('\${forever}');
    \`, { eval: true, execArgv: [] });
    worker.on('message', () => setTimeout(() => endNow(3), 50));
  `;
  const args = ['--input-type=module', '-e', script];
  const { status, signal } = spawnSync(process.execPath, args, { timeout: 20_000 });
  assert.deepEqual([status, signal], [3, null]);
});
