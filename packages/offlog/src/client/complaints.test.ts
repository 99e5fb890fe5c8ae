import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDaemon } from '../../../../test/offlog/daemon-process.ts';
import { startEnding } from './testing/program.ts';
import { textOf, until } from './testing/scene.ts';

/** What an end cannot save is said on standard error, and the end comes in time. */

const LINES = 10_000;

for (const name of ['process.exit', 'SIGTERM', 'the end of the program'] as const) {
  test(`${name} while the daemon stands still: waits for the timeout, then says what was not sent`, async () => {
    await using daemon = await startDaemon();
    const path = join(daemon.folder, 'a.log');
    const { child, ended } = startEnding(`wait, then ${name}`, daemon.socket, path, LINES);
    child.stdout.once('data', () => {
      daemon.process.kill('SIGSTOP');
      child.kill('SIGUSR2');
    });
    const started = performance.now();
    const { code, signal, complaints } = await ended;
    const took = performance.now() - started;
    // The program's timeout is half a second; at its natural end that passes twice: waiting for progress, then at the exit.
    assert.ok(took > 500 && took < 5000, `${took} ms`);
    if (name === 'SIGTERM') assert.equal(signal, 'SIGTERM');
    else assert.equal(code, name === 'process.exit' ? 3 : 0);
    const [, unsent] =
      /^offlog: ".*a\.log": (\d+) bytes were not sent: the daemon took nothing more within 500 ms\n$/.exec(
        complaints,
      ) ?? [];
    assert.ok(unsent !== undefined, complaints);
    daemon.process.kill('SIGCONT');
    const sent = LINES * 100 - Number(unsent);
    await textOf(path, sent);
    assert.equal((await readFile(path)).length, sent, 'what was sent is known to the byte');
  });
}

test('an end before the application could be told of an error says it', async () => {
  await using daemon = await startDaemon();
  const { ended } = startEnding('a pause, then process.exit', daemon.socket, '/dev/full', 10);
  const { complaints } = await ended;
  assert.equal(
    complaints,
    'offlog: "/dev/full": OSError: [Errno 28] No space left on device; 0 bytes were not sent\n',
  );
});

test('a daemon that stopped after it had everything is nothing to complain of', async () => {
  await using daemon = await startDaemon();
  const path = join(daemon.folder, 'a.log');
  const { child, ended } = startEnding('wait, then the end of the program', daemon.socket, path, 10);
  child.stdout.once('data', () => child.kill('SIGUSR2'));
  await until(async () => (await readFile(path).catch(() => '')).length === 1000, 'all lines');
  await daemon.stop();
  const { code, complaints } = await ended;
  assert.deepEqual({ code, complaints }, { code: 0, complaints: '' });
});
