import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments, UsageError } from './arguments.ts';

const DEVELOPMENT = { environment: 'development' };

test('options before the command are for all, those after it are its own', () => {
  assert.deepEqual(parseArguments(['-e', 'production', '-c', 'serve', 'serve', '-m']), {
    command: 'serve',
    from: { environment: 'production', config: 'serve' },
    options: { daemonise: false, migrate: true },
  });
  const from = DEVELOPMENT;
  assert.deepEqual(parseArguments(['migrate']), { command: 'migrate', from, mode: 'apply' });
  assert.deepEqual(parseArguments(['migrate', '--print']), { command: 'migrate', from, mode: 'print' });
});

test('check and stats look alone unless they are asked to do more', () => {
  const from = DEVELOPMENT;
  assert.deepEqual(parseArguments(['check']), { command: 'check', from, repair: false });
  assert.deepEqual(parseArguments(['check', '--repair']), { command: 'check', from, repair: true });
  assert.deepEqual(parseArguments(['stats']), { command: 'stats', from, json: false });
  assert.deepEqual(parseArguments(['stats', '--json']), { command: 'stats', from, json: true });
});

test('copy takes two stores, and times as the HTTP API takes them', () => {
  const [from, to] = ['sqlite:///a', 'chdb:///b'];
  assert.deepEqual(parseArguments(['copy', from, to]), { command: 'copy', options: { from, to } });
  const times = ['--after', '2026-11-21T05:40:06.25Z', '--before=2026-11-21T05:40:07+00:00'];
  assert.deepEqual(parseArguments(['copy', from, ...times, to]), {
    command: 'copy',
    options: { from, to, after: 1_795_239_606_250_000, before: 1_795_239_607_000_000 },
  });
  for (const [line, reason] of [
    [['copy'], /FROM_DSN and TO_DSN are due/],
    [['copy', from], /FROM_DSN and TO_DSN are due/],
    [['copy', from, to, 'third'], /there are 3 stores instead of two/],
    [
      ['copy', '--after', '2026-11-21', from, to],
      /--after takes a time such as 2026-11-21T05:40:06Z, not '2026-11-21'/,
    ],
    [['copy', '--before', '', from, to], /--before takes a time such as .*, not ''/],
    [
      ['copy', '--after=2026-11-21T05:40:07Z', '--before=2026-11-21T05:40:06Z', from, to],
      /--after is later than --before/,
    ],
    [['copy', '--level', '20', from, to], /'--level'/],
  ] as const)
    assert.throws(
      () => parseArguments(line),
      (error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, /^usage: chronologer copy/);
        assert.match(error.message, reason);
        return true;
      },
    );
});

test('options of serve in all notations', () => {
  const expected = {
    command: 'serve',
    from: { environment: 'production' },
    options: { daemonise: true, migrate: true, pidFile: '/run/x.pid', user: 'www', group: '33' },
  };
  for (const line of [
    '-e production serve -d -m -p /run/x.pid -u www -g 33',
    '-eproduction serve -dm -p/run/x.pid -uwww -g33',
    '--environment=production serve --daemonise --migrate --pidfile=/run/x.pid --user=www --group=33',
    '--environment production serve --daemonize --migrate --pidfile /run/x.pid --user www --group 33',
  ]) {
    assert.deepEqual(parseArguments(line.split(' ')), expected, line);
  }
});

test('help and version come before everything that is missing', () => {
  assert.deepEqual(parseArguments(['-h']), { command: 'help', topic: 'chronologer' });
  assert.deepEqual(parseArguments(['--help', 'serve']), { command: 'help', topic: 'chronologer' });
  for (const command of ['serve', 'migrate', 'check', 'copy', 'stats', 'hash-password'])
    assert.deepEqual(parseArguments([command, '-h']), { command: 'help', topic: command });
  assert.deepEqual(parseArguments(['--version']), { command: 'version' });
});

test('hash-password has defaults', () => {
  assert.deepEqual(parseArguments(['hash-password']), {
    command: 'hash-password',
    options: { username: 'logger', roles: ['basic-reader', 'writer'], iterations: 600_000 },
  });
  const line = ['hash-password', '--username', 'zoe', '--roles', ' a\tb ', '--iterations', '7'];
  assert.deepEqual(parseArguments(line), {
    command: 'hash-password',
    options: { username: 'zoe', roles: ['a', 'b'], iterations: 7 },
  });
});

const WRONG: readonly (readonly [line: string, reason: RegExp])[] = [
  [
    '',
    /chronologer: error: a command is missing; there are serve, migrate, check, copy, stats, hash-password$/,
  ],
  ['sreve', /'sreve' is no command; there are serve/],
  ['-x serve', /Unknown option '-x'$/],
  ['-e staging serve', /-e takes development or production, not 'staging'$/],
  ['-e', /'-e, --environment <value>' argument missing$/],
  ['serve -x', /chronologer serve: error: Unknown option '-x'$/],
  ['serve -e production', /chronologer serve: error: Unknown option '-e'$/],
  ['serve now', /Unexpected argument 'now'$/],
  ['serve -p', /argument missing$/],
  ['serve --pidfile=', /--pidfile takes a value that is not empty$/],
  ['serve --migrate=yes', /does not take an argument$/],
  ['migrate -m', /chronologer migrate: error: Unknown option '-m'$/],
  ['hash-password --iterations 0', /--iterations takes an integer from 1 to 2147483647$/],
  ['hash-password --iterations 1e5', /--iterations takes an integer/],
  ['hash-password --username a:b', /--username takes a name without a colon$/],
];
for (const [line, reason] of WRONG) {
  test(`'chronologer ${line}' is refused with usage and reason`, () => {
    const args = line.split(' ').filter((word) => word !== '');
    assert.throws(
      () => parseArguments(args),
      (error) =>
        error instanceof UsageError &&
        /^usage: chronologer /.test(error.message) &&
        reason.test(error.message),
    );
  });
}
