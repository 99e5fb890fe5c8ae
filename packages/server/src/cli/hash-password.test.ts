import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { AuthfileUsers } from '../auth/authfile.ts';

const COMMAND = fileURLToPath(new URL('../../bin/chronologer', import.meta.url));
const FEW = ['--iterations', '10'];

function piped(input: string | Buffer, ...args: string[]) {
  return spawnSync(COMMAND, ['hash-password', ...args], { input, encoding: 'utf8', timeout: 60_000 });
}

/** The accounts of what was printed, used as an authfile. */
function usersOf(printed: string): AuthfileUsers {
  const file = join(tmpdir(), `chronologer-users-${process.pid}-${Math.random()}.json`);
  writeFileSync(file, printed, { mode: 0o600 });
  try {
    return new AuthfileUsers(file, pino({ level: 'silent' }));
  } finally {
    rmSync(file);
  }
}

for (const [what, input] of [
  ['a line', 'pässword: 1\n'],
  ['a line without its end', 'pässword: 1'],
  ['a line of Windows', 'pässword: 1\r\n'],
  ['the first of several lines', 'pässword: 1\nanother\n'],
] as const) {
  test(`${what} of standard input is the password`, async () => {
    const { status, stdout, stderr } = piped(input, ...FEW);
    assert.deepEqual([status, stderr], [0, '']);
    const user = await usersOf(stdout).verify('logger', 'pässword: 1');
    assert.deepEqual(user?.roles, new Set(['basic-reader', 'writer']));
  });
}

test('the list has one entry with the six fields, strong unless asked otherwise, salted anew each time', () => {
  const [one, two] = [piped('x\n'), piped('x\n')].map(({ stdout }) => JSON.parse(stdout));
  assert.equal(one.length, 1);
  const { pbkdf2, salt, ...rest } = one[0];
  assert.deepEqual(rest, {
    username: 'logger',
    hashname: 'sha256',
    iterations: 600_000,
    roles: ['basic-reader', 'writer'],
  });
  assert.match(pbkdf2, /^[0-9a-f]{64}$/);
  assert.ok(salt.length >= 16);
  assert.notEqual(salt, two[0].salt);
});

test('name and roles can be said', async () => {
  const { stdout } = piped('x\n', ...FEW, '--username', 'zoë', '--roles', ' query-reader  writer ');
  const user = await usersOf(stdout).verify('zoë', 'x');
  assert.deepEqual(user?.roles, new Set(['query-reader', 'writer']));
});

for (const [what, input] of [
  ['nothing', ''],
  ['a line without an end in sight', 'x'.repeat(100_000)],
  ['bytes that are no UTF-8', Buffer.from([0xff, 0x0a])],
] as const) {
  test(`${what} is no password`, () => {
    const { status, stdout, stderr } = piped(input, ...FEW);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /^chronologer: .+\n$/);
  });
}

test('input is not waited for once the line is there', async () => {
  const child = spawn(COMMAND, ['hash-password', ...FEW], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.write('x\n');
  const late = sleep(20_000, 'late', { ref: false });
  const ended = once(child, 'exit');
  try {
    assert.notEqual(await Promise.race([ended, late]), 'late');
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
});

const python = spawnSync('python3', ['-c', 'import pty']).status === 0;
/** Runs the command on a terminal of its own, types each line after a prompt, and prints all that was to be seen. */
const TYPIST = `
import os, pty, sys
command, *typed = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execl(command, command, 'hash-password', '--iterations', '10')
seen = b''
prompts = 0
def read():
    global seen
    try:
        data = os.read(terminal, 4096)
    except OSError:
        data = b''
    seen += data
    return data
for line in typed:
    prompts += 1
    while seen.count(b': ') < prompts and read():
        pass
    os.write(terminal, b'\\x03' if line == '^C' else line.encode() + b'\\r')
while read():
    pass
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(status) if hasattr(os, 'waitstatus_to_exitcode') else os.WEXITSTATUS(status))
`;

function typed(...lines: string[]) {
  return spawnSync('python3', ['-c', TYPIST, COMMAND, ...lines], { encoding: 'utf8', timeout: 60_000 });
}

const skip = python ? false : 'python3 is not installed';

test('on a terminal the password is asked for twice and not shown', { skip }, async () => {
  const { status, stdout } = typed('sécret-1', 'sécret-1');
  assert.equal(status, 0, stdout);
  assert.ok(!stdout.includes('cret-1'), stdout);
  const user = await usersOf(stdout.slice(stdout.indexOf('['))).verify('logger', 'sécret-1');
  assert.equal(user?.username, 'logger');
});

test('two different passwords are refused', { skip }, () => {
  const { status, stdout } = typed('secret-1', 'secret-2');
  assert.equal(status, 1, stdout);
  assert.ok(!stdout.includes('secret-'), stdout);
  assert.ok(!stdout.includes('pbkdf2'), stdout);
});

test('Ctrl+C ends it without an entry', { skip }, () => {
  const { status, stdout } = typed('^C');
  assert.notEqual(status, 0);
  assert.ok(!stdout.includes('pbkdf2'), stdout);
});
