import assert from 'node:assert/strict';
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { checkPidFile, removePidFile, writePidFile } from './pid-file.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chronologer-pid-'));
  file = join(folder, 'x.pid');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the id of this process is written with mode 0644, whatever the umask, and removed', () => {
  const umask = process.umask(0o077);
  writePidFile(file);
  process.umask(umask);
  assert.equal(readFileSync(file, 'utf8'), `${process.pid}\n`);
  assert.equal(statSync(file).mode & 0o777, 0o644);
  removePidFile(file);
  assert.equal(existsSync(file), false);
});

/** A process with the arguments of a server. */
async function withServer(work: (pid: number) => void): Promise<void> {
  const program = join(folder, 'main.ts');
  writeFileSync(program, 'setInterval(() => undefined, 1000); process.send?.("runs");');
  const server = fork(program, ['serve']);
  try {
    await once(server, 'message');
    work(server.pid ?? 0);
  } finally {
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
}

test('a file of a server that lives is left as it is', async () => {
  await withServer((pid) => {
    writeFileSync(file, `${pid}\n`);
    const message = new RegExp(`${pid}, which is running`);
    assert.throws(() => checkPidFile(file), { name: 'CommandError', message });
    assert.throws(() => writePidFile(file), { name: 'CommandError', message });
    removePidFile(file);
    assert.equal(readFileSync(file, 'utf8'), `${pid}\n`);
  });
});

test('a number that another program has by now is no server', {
  skip: existsSync('/proc/self/cmdline') ? false : 'this system does not tell what a process is',
}, () => {
  writeFileSync(file, `${process.ppid}\n`);
  writePidFile(file);
  assert.equal(readFileSync(file, 'utf8'), `${process.pid}\n`);
});

test('a file whose process is gone, or that names none, is replaced', () => {
  const { pid: gone } = spawnSync(process.execPath, ['-e', '']);
  for (const text of [`${gone}\n`, '', 'server', '-1', '0']) {
    writeFileSync(file, text);
    checkPidFile(file);
    writePidFile(file);
    assert.equal(readFileSync(file, 'utf8'), `${process.pid}\n`);
  }
});

test('what a link points to is not written to', () => {
  const target = join(folder, 'target');
  writeFileSync(target, 'precious');
  symlinkSync(target, file);
  writePidFile(file);
  assert.equal(readFileSync(target, 'utf8'), 'precious');
});

test('a file that cannot be written is an error that names it', () => {
  const nowhere = join(folder, 'none', 'x.pid');
  assert.throws(() => writePidFile(nowhere), {
    name: 'CommandError',
    message: /none\/x\.pid cannot be written/,
  });
});
