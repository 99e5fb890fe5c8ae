import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import {
  chmod,
  chown,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { OFFLOG, type RunningDaemon, startDaemon } from './daemon-process.ts';
import { until } from './until.ts';
import { Wire } from './wire.ts';

const run = promisify(execFile);

/** Files and paths of all kinds, each by a daemon of its own. */

/** A path of so many bytes that stands for `name` in the folder, by naming the folder itself again and again. */
function longPath(folder: string, name: string, length: number): string {
  const rest = length - folder.length - name.length - 1;
  return `${folder}/${'./'.repeat(rest >> 1)}${rest % 2 === 1 ? '/' : ''}${name}`;
}

/** Sends all there is to send and ends; what the daemon says then. */
async function finish(wire: Wire): Promise<string> {
  wire.end();
  return wire.receive();
}

/** Descriptors of a process that stand for files whose names end so. */
async function descriptorsOf({ pid }: RunningDaemon, end: string): Promise<number> {
  const { stdout } = await run('ls', ['-l', `/proc/${pid}/fd`]);
  return stdout.split('\n').filter((line) => line.endsWith(end)).length;
}

describe('paths', { concurrency: 4 }, () => {
  test('a path that comes byte by byte, with data behind it', async () => {
    await using daemon = await startDaemon();
    const file = join(daemon.folder, 'x.log');
    const wire = await Wire.open(daemon.socket);
    for (const byte of Buffer.from(`${file}\0a\n`)) {
      await wire.send(Buffer.of(byte));
      await sleep(1);
    }
    assert.equal(await wire.receive(), 'OK\0');
    assert.equal(await finish(wire), 'BYE\0');
    assert.equal(await readFile(file, 'utf8'), 'a\n');
  });

  test('a path split in two at every byte', async () => {
    await using daemon = await startDaemon();
    const file = join(daemon.folder, 'x.log');
    const bytes = Buffer.from(`${file}\0data\n`);
    for (let at = 1; at < bytes.length; at++) {
      const wire = await Wire.open(daemon.socket);
      await wire.send(bytes.subarray(0, at));
      await sleep(2);
      await wire.send(bytes.subarray(at));
      assert.equal(await wire.receive(), 'OK\0', `split at ${at}`);
      assert.equal(await finish(wire), 'BYE\0');
    }
    assert.equal(await readFile(file, 'utf8'), 'data\n'.repeat(bytes.length - 1));
  });

  test('a path that is not UTF-8 is the name of the file, byte by byte, and quoted as Python does', async () => {
    await using daemon = await startDaemon();
    const name = Buffer.from([0x61, 0xff, 0xfe, 0x0a, 0xc3, 0x27]);
    const path = Buffer.concat([Buffer.from(`${daemon.folder}/`), name]);
    const wire = await Wire.to(daemon.socket, path);
    await wire.send('x\n');
    assert.equal(await finish(wire), 'BYE\0');
    const names = await readdir(daemon.folder, { encoding: 'buffer' });
    assert.ok(names.some((each) => name.equals(each)));
    const wrong = await Wire.open(daemon.socket);
    await wrong.send(Buffer.concat([path, Buffer.from('/y\0')]));
    assert.equal(
      await wrong.receive(),
      `NotADirectoryError: [Errno 20] Not a directory: "${daemon.folder}/a\\udcff\\udcfe\\n\\udcc3'/y"\0`,
    );
    await until('the log names it in one line', async () =>
      (await daemon.log()).includes(
        ` WARNING] Client 2 for "${daemon.folder}/a\\udcff\\udcfe\\n\\udcc3'/y": N`,
      ),
    );
  });

  test('4,095 bytes are opened, 4,096 are the kernel’s to refuse, 4,097 the daemon’s', async () => {
    await using daemon = await startDaemon();
    const { folder } = daemon;
    const wire = await Wire.to(daemon.socket, longPath(folder, 'x.log', 4095));
    await wire.send('long\n');
    assert.equal(await finish(wire), 'BYE\0');
    assert.equal(await readFile(join(folder, 'x.log'), 'utf8'), 'long\n');
    const longer = longPath(folder, 'x.log', 4096);
    const refused = await Wire.open(daemon.socket);
    await refused.send(`${longer}\0`);
    assert.equal(await refused.receive(), `OSError: [Errno 36] File name too long: '${longer}'\0`);
    const longest = await Wire.open(daemon.socket);
    await longest.send(`${longPath(folder, 'x.log', 4097)}\0`);
    assert.equal(await longest.receive(), 'ValueError: path longer than PATH_MAX\0');
  });
});

describe('files', { concurrency: 4 }, () => {
  test('by a symbolic link, a hard link and its name a file has one descriptor, and whole lines', async () => {
    await using daemon = await startDaemon();
    const file = join(daemon.folder, 'x.log');
    await writeFile(file, '');
    await symlink(file, join(daemon.folder, 'soft'));
    await link(file, join(daemon.folder, 'hard'));
    const wires = await Promise.all(
      ['x.log', 'soft', 'hard'].map((name) => Wire.to(daemon.socket, join(daemon.folder, name))),
    );
    assert.equal((await descriptorsOf(daemon, 'x.log')) + (await descriptorsOf(daemon, 'hard')), 1);
    for (const part of ['one ', 'line', '\n']) {
      await Promise.all(wires.map((wire) => wire.send(part)));
      await sleep(20);
    }
    for (const wire of wires) assert.equal(await finish(wire), 'BYE\0');
    assert.equal(await readFile(file, 'utf8'), 'one line\n'.repeat(3));
  });

  test('/dev/full: the client whose bytes cannot be written is told so', async () => {
    await using daemon = await startDaemon();
    const [one, other] = [
      await Wire.to(daemon.socket, '/dev/full'),
      await Wire.to(daemon.socket, '/dev/full'),
    ];
    await one.send('x\n');
    assert.equal(await one.receive(), 'OSError: [Errno 28] No space left on device\0');
    assert.match(await one.receive(), /^</);
    assert.equal(await finish(other), 'BYE\0');
  });

  test('a folder that disappears while its file is open', async () => {
    await using daemon = await startDaemon({ args: ['-r', '300'] });
    const folder = join(daemon.folder, 'gone');
    await mkdir(folder);
    const file = join(folder, 'x.log');
    const [wire, other] = [
      await Wire.to(daemon.socket, file),
      await Wire.to(daemon.socket, join(daemon.folder, 'y.log')),
    ];
    await rm(folder, { recursive: true });
    await until('there is a warning', async () =>
      (await daemon.log()).includes(`WARNING] ${file} is gone and cannot be opened anew: ENOENT`),
    );
    assert.equal(await wire.send('into nothing\n'), undefined);
    assert.equal(await wire.receive(), `FileNotFoundError: [Errno 2] No such file or directory\0`);
    await other.send('unharmed\n');
    assert.equal(await finish(other), 'BYE\0');
    assert.equal(readFileSync(join(daemon.folder, 'y.log'), 'utf8'), 'unharmed\n');
  });

  test('a folder that is back at the next look costs nothing but what was written meanwhile', async () => {
    await using daemon = await startDaemon({ args: ['-r', '300'] });
    const folder = join(daemon.folder, 'moved');
    await mkdir(folder);
    const wire = await Wire.to(daemon.socket, join(folder, 'x.log'));
    await rm(folder, { recursive: true });
    await until('there is a warning', async () => (await daemon.log()).includes('cannot be opened anew'));
    await mkdir(folder);
    await until('it is opened anew', async () => (await daemon.log()).includes('Reopened'));
    await wire.send('again\n');
    assert.equal(await finish(wire), 'BYE\0');
    assert.equal(await readFile(join(folder, 'x.log'), 'utf8'), 'again\n');
  });
});

const NOBODY = 65534;

/** Why no file can be made immutable here, or false. */
async function cannotBeImmutable(): Promise<string | false> {
  const folder = await mkdtemp(join(tmpdir(), 'offlog-test-'));
  try {
    await run('chattr', ['+i', folder]);
    await run('chattr', ['-i', folder]);
    return false;
  } catch {
    return 'only root may make files immutable, and not on every file system';
  } finally {
    await rm(folder, { recursive: true });
  }
}

const withoutImmutable = await cannotBeImmutable();
const cannotBeOther = process.getuid?.() === 0 ? false : 'only root may run a daemon as another user';

describe('permissions', { concurrency: 4 }, () => {
  test('withdrawn: who has the file open goes on, a newcomer is refused', {
    skip: cannotBeOther,
  }, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'offlog-test-'));
    t.after(() => rm(folder, { recursive: true }));
    await chown(folder, NOBODY, NOBODY);
    const command = ['setpriv', `--reuid=${NOBODY}`, '--clear-groups', OFFLOG];
    await using daemon = await startDaemon({ command, folder });
    const file = join(daemon.folder, 'x.log');
    const wire = await Wire.to(daemon.socket, file);
    await chmod(file, 0o400);
    await wire.send('still\n');
    const refused = await Wire.open(daemon.socket);
    await refused.send(`${file}\0`);
    assert.equal(await refused.receive(), `PermissionError: [Errno 13] Permission denied: '${file}'\0`);
    assert.equal(await finish(wire), 'BYE\0');
    assert.equal(await readFile(file, 'utf8'), 'still\n');
  });

  test('an immutable file: writing fails and is told, others go on', {
    skip: withoutImmutable,
  }, async (t) => {
    await using daemon = await startDaemon();
    const file = join(daemon.folder, 'x.log');
    const [wire, other] = [
      await Wire.to(daemon.socket, file),
      await Wire.to(daemon.socket, join(daemon.folder, 'y.log')),
    ];
    await run('chattr', ['+i', file]);
    t.after(() => run('chattr', ['-i', file]).catch(() => undefined));
    await wire.send('x\n');
    assert.equal(await wire.receive(), 'PermissionError: [Errno 1] Operation not permitted\0');
    const refused = await Wire.open(daemon.socket);
    await refused.send(`${file}\0`);
    assert.equal(await refused.receive(), `PermissionError: [Errno 1] Operation not permitted: '${file}'\0`);
    await other.send('y\n');
    assert.equal(await finish(other), 'BYE\0');
    await run('chattr', ['-i', file]);
  });
});
