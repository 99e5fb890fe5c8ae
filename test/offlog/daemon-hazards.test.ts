import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { OFFLOG, startDaemon } from './daemon-process.ts';
import { until } from './until.ts';
import { Wire } from './wire.ts';

/** What happens to a daemon around its files and clients, and must not harm it. */

describe('hazards', { concurrency: 3 }, () => {
  test('a path that is a socket is an error, and not waited for as a pipe without a reader is', async () => {
    await using daemon = await startDaemon();
    const wire = await Wire.open(daemon.socket);
    await wire.send(`${daemon.socket}\0`);
    assert.equal(await wire.receive(), `OSError: [Errno 6] No such device or address: '${daemon.socket}'\0`);
  });

  test('whoever read its standard output and error is gone: it goes on', async (t) => {
    await using neighbour = await startDaemon();
    const socket = join(neighbour.folder, 'other.sock');
    const daemon = spawn(OFFLOG, ['-s', socket], { stdio: ['ignore', 'pipe', 'pipe'] });
    t.after(() => daemon.kill('SIGKILL'));
    daemon.stdout.destroy();
    daemon.stderr.destroy();
    // The socket is there a moment before it listens.
    const answers = async () => {
      const wire = await Wire.open(socket).catch(() => undefined);
      wire?.end();
      return wire !== undefined;
    };
    await until('it listens', answers);
    for (let client = 0; client < 5; client++) {
      const wire = await Wire.to(socket, join(neighbour.folder, 'x.log'));
      await wire.send(`${client}\n`);
      wire.end();
      assert.equal(await wire.receive(), 'BYE\0');
      const refused = await Wire.open(socket);
      await refused.send('relative\0');
      assert.equal(await refused.receive(), 'ValueError: not an absolute path\0');
    }
    assert.equal(readFileSync(join(neighbour.folder, 'x.log'), 'utf8'), '0\n1\n2\n3\n4\n');
    daemon.kill('SIGTERM');
    assert.deepEqual(await once(daemon, 'exit'), [0, null]);
  });

  test('a successor that listens before the end is over keeps its socket', async () => {
    await using daemon = await startDaemon();
    // A full pipe, whose reader waits, holds up the end for some seconds.
    const pipe = join(daemon.folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const reader = openSync(pipe, constants.O_RDWR);
    const busy = await Wire.to(daemon.socket, pipe);
    await busy.send('x'.repeat(300_000));
    const ended = daemon.stop();
    await until('it listens no more', () => !existsSync(daemon.socket));
    await using successor = await startDaemon({ folder: daemon.folder });
    assert.equal(daemon.process.exitCode, null, 'the end was over too soon to tell anything');
    await ended;
    closeSync(reader);
    const wire = await Wire.to(successor.socket, join(daemon.folder, 'y.log'));
    wire.end();
    assert.equal(await wire.receive(), 'BYE\0');
  });

  test('a log whose folder was gone is written again when that is back', async (t) => {
    await using neighbour = await startDaemon();
    const folder = join(neighbour.folder, 'logs');
    const away = join(neighbour.folder, 'away');
    const socket = join(neighbour.folder, 'other.sock');
    const logfile = join(folder, 'offlog.log');
    mkdirSync(folder);
    const daemon = spawn(OFFLOG, ['-s', socket, '-l', logfile, '-r', '50'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    t.after(() => daemon.kill('SIGKILL'));
    let said = '';
    daemon.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await until('it listens', () => existsSync(socket));
    renameSync(folder, away);
    await until('it tells where the log is', () => said.includes('The log goes on here'));
    mkdirSync(folder);
    await until('the log is back', () => existsSync(logfile));
    execFileSync('kill', ['-USR1', String(daemon.pid)]);
    await until('it is written', () => readFileSync(logfile, 'utf8').includes('Counters'));
    rmSync(away, { recursive: true });
  });
});
