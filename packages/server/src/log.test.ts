import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const LOG = JSON.stringify(fileURLToPath(new URL('./log.ts', import.meta.url)));
/** Logs, and ends as the server does: without waiting for anything. */
const PROGRAM = `
const { createLog } = await import(${LOG});
const log = await createLog('info');
log.debug('not shown');
for (let line = 1; line <= 5; line++) log.info({ line }, 'shown');
await new Promise((resolve) => setTimeout(resolve, 20));
log.warn('the last line');
process.execve('/bin/sh', ['sh', '-c', 'exit 0'], {});
`;
const ARGS = ['--input-type=module', '-e', PROGRAM];

test('without a terminal every line is JSON, and the last one is not lost', () => {
  const { status, stderr } = spawnSync(process.execPath, ARGS, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const lines = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ level, msg, line }) => [level, msg, line]),
    [...[1, 2, 3, 4, 5].map((line) => [30, 'shown', line]), [40, 'the last line', undefined]],
  );
});

test('a full disk under the log is no reason to die', {
  skip: existsSync('/dev/full') ? false : 'this system has no /dev/full',
}, () => {
  const full = openSync('/dev/full', 'w');
  const { status, signal } = spawnSync(process.execPath, ARGS, { stdio: ['ignore', 'ignore', full] });
  closeSync(full);
  assert.deepEqual([status, signal], [0, null]);
});

const python = spawnSync('python3', ['-c', 'import pty']).status === 0;
const ON_A_TERMINAL = 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)';

test('on a terminal lines are for people, and the last one is not lost', {
  skip: python ? false : 'python3 is not installed',
}, () => {
  const args = ['-c', ON_A_TERMINAL, process.execPath, ...ARGS];
  const { status, stdout } = spawnSync('python3', args, { encoding: 'utf8', timeout: 60_000 });
  assert.equal(status, 0, stdout);
  assert.match(stdout, /INFO.*shown/);
  assert.match(stdout, /WARN.*the last line/);
  assert.doesNotMatch(stdout, /"level"|not shown/);
});
