import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readArguments, UsageError } from './cli.ts';

const DEFAULTS = {
  socketFile: '/tmp/offlog.sock',
  logfile: undefined,
  rotateCheckInterval: 5000,
  fsync: undefined,
  notify: false,
};

test('without arguments the daemon is that of 0.3', () => {
  assert.deepEqual(readArguments([]), DEFAULTS);
});

test('short and long options, with their value beside or behind an equals sign', () => {
  const all = { socketFile: '/s', logfile: '/l', rotateCheckInterval: 200, fsync: 50, notify: true };
  assert.deepEqual(readArguments(['-n', '-s', '/s', '-l/l', '-r', '200', '--fsync', '50']), all);
  const long = [
    '--notify',
    '--socket-file=/s',
    '--logfile',
    '/l',
    '--rotate-check-interval=200',
    '--fsync=50',
  ];
  assert.deepEqual(readArguments(long), all);
});

test('help goes before all else that is asked for', () => {
  assert.equal(readArguments(['-h']), undefined);
  assert.equal(readArguments(['--help', '-r', 'nonsense']), undefined);
});

for (const args of [
  ['--unknown'],
  ['file'],
  ['-s'],
  ['-r', '0'],
  ['-r', '-5'],
  ['-r', '1.5'],
  ['-r', '1e3'],
  ['-r', ''],
  ['-r', '2147483648'],
  ['--fsync', 'soon'],
  ['--notify=yes'],
]) {
  test(`refused with the usage: ${args.join(' ')}`, () => {
    assert.throws(
      () => readArguments(args),
      (error) => error instanceof UsageError && /^usage: offlog .*\nofflog: error: ./ms.test(error.message),
    );
  });
}

test('the longest interval that a timer can have is taken', () => {
  assert.equal(readArguments(['-r', '2147483647'])?.rotateCheckInterval, 2 ** 31 - 1);
});
