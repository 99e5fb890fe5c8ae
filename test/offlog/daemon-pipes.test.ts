import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningDaemon, startDaemon } from './daemon-process.ts';
import { until } from './until.ts';
import { Wire } from './wire.ts';

const MEBIBYTE = 2 ** 20;

function makePipe({ folder }: RunningDaemon, name: string): string {
  const path = join(folder, name);
  execFileSync('mkfifo', [path]);
  return path;
}

/** The end of a pipe that is read only when it is told to. */
class Reader implements Disposable {
  readonly #fd: number;
  readonly #parts: Buffer[] = [];

  constructor(path: string) {
    this.#fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** Reads what is there; false when there is nothing. */
  read(): boolean {
    const part = Buffer.alloc(65_536);
    try {
      const length = readSync(this.#fd, part);
      this.#parts.push(part.subarray(0, length));
      return length > 0;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      return false;
    }
  }

  async readUntil(length: number): Promise<Buffer> {
    const deadline = performance.now() + 20_000;
    while (this.#parts.reduce((sum, part) => sum + part.length, 0) < length) {
      assert.ok(performance.now() < deadline, 'not all of it came');
      if (!this.read()) await sleep(1);
    }
    return Buffer.concat(this.#parts);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

function lines(log: string, what: string): string[] {
  return log.split('\n').filter((line) => line.includes(what));
}

/** Bytes that show where one is missing or out of place. */
function numbered(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32BE(at, at);
  return bytes;
}

function memoryOf({ pid }: RunningDaemon): number {
  return 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
}

/** A line through the daemon and back, in milliseconds. */
async function roundTrip(daemon: RunningDaemon): Promise<number> {
  const started = performance.now();
  const wire = await Wire.to(daemon.socket, join(daemon.folder, 'other.log'));
  await wire.send('x\n');
  wire.end();
  assert.equal(await wire.receive(), 'BYE\0');
  return performance.now() - started;
}

describe('pipes', { concurrency: 3 }, () => {
  test('200 pipes without a reader hold up their own clients alone, each until its reader comes', async () => {
    await using daemon = await startDaemon();
    const pipes = Array.from({ length: 200 }, (_, index) => makePipe(daemon, `pipe-${index}`));
    const wires = await Promise.all(
      pipes.map(async (pipe) => {
        const wire = await Wire.open(daemon.socket);
        await wire.send(`${pipe}\0early\n`);
        return wire;
      }),
    );
    for (let times = 0; times < 10; times++) assert.ok((await roundTrip(daemon)) < 1000);
    const [first, last] = [wires[0], wires.at(-1)];
    assert.ok(first && last);
    await assert.rejects(last.receive(300), /nothing came/);
    using reader = new Reader(pipes.at(-1) ?? '');
    assert.equal(await last.receive(), 'OK\0');
    assert.equal(String(await reader.readUntil(6)), 'early\n');
    await assert.rejects(first.receive(300), /nothing came/);
    for (const wire of wires) wire.close();
    await until('all are forgotten', async () => lines(await daemon.log(), 'No such device').length === 199);
    assert.equal((await daemon.stop()).code, 0);
  });

  test('at the end a pipe without a reader is not waited for, and what was for it is lost and said', async () => {
    await using daemon = await startDaemon();
    const [empty, full] = [makePipe(daemon, 'empty'), makePipe(daemon, 'full')];
    const waiting = await Wire.open(daemon.socket);
    await waiting.send(`${empty}\0`);
    const losing = await Wire.open(daemon.socket);
    await losing.send(`${full}\0seven b`);
    await sleep(300);
    const started = performance.now();
    assert.equal((await daemon.stop()).code, 1);
    assert.ok(performance.now() - started < 3000);
    for (const wire of [waiting, losing])
      assert.equal(await wire.receive(), 'OSError: offlog server exited\0');
    assert.match(await daemon.log(), /full: OSError: \[Errno 6\] .*; 7 bytes are lost\n/);
  });

  test('a full pipe: its client is read no further, others go on, memory stays; then every byte in order', async () => {
    await using daemon = await startDaemon();
    const pipe = makePipe(daemon, 'pipe');
    using reader = new Reader(pipe);
    const wire = await Wire.to(daemon.socket, pipe);
    const before = memoryOf(daemon);
    const bytes = numbered(16 * MEBIBYTE);
    const parts = Array.from({ length: 256 }, (_, at) => bytes.subarray(at * 65_536, (at + 1) * 65_536));
    const sent = Promise.all(parts.map((part) => wire.send(part)));
    await sleep(1500);
    const taken = bytes.length - wire.waiting;
    assert.ok(taken < 2 * MEBIBYTE, `${taken} bytes were taken`);
    assert.ok((await roundTrip(daemon)) < 1000);
    assert.ok(memoryOf(daemon) - before < 8 * MEBIBYTE);
    assert.equal(bytes.length - wire.waiting, taken);
    const read = reader.readUntil(bytes.length);
    await sent;
    wire.end();
    assert.equal(Buffer.compare(await read, bytes), 0);
    assert.equal(await wire.receive(), 'BYE\0');
  });

  test('12 full pipes do not hold up a file', async () => {
    await using daemon = await startDaemon();
    const pipes = Array.from({ length: 12 }, (_, index) => makePipe(daemon, `pipe-${index}`));
    const readers = pipes.map((pipe) => new Reader(pipe));
    const wires = await Promise.all(pipes.map((pipe) => Wire.to(daemon.socket, pipe)));
    for (const wire of wires) void wire.send(numbered(4 * MEBIBYTE));
    await sleep(300);
    for (let times = 0; times < 10; times++) assert.ok((await roundTrip(daemon)) < 3000);
    const other = await Wire.to(daemon.socket, join(daemon.folder, 'big.log'));
    assert.equal(await other.send(numbered(8 * MEBIBYTE)), undefined);
    other.end();
    assert.equal(await other.receive(), 'BYE\0');
    for (const reader of readers) assert.equal((await reader.readUntil(4 * MEBIBYTE)).length, 4 * MEBIBYTE);
    for (const reader of readers) reader[Symbol.dispose]();
  });

  test('a reader that goes away breaks the pipe of its own client', async () => {
    await using daemon = await startDaemon();
    const pipe = makePipe(daemon, 'pipe');
    const reader = new Reader(pipe);
    const wire = await Wire.to(daemon.socket, pipe);
    reader[Symbol.dispose]();
    await wire.send('x\n');
    assert.equal(await wire.receive(), 'BrokenPipeError: [Errno 32] Broken pipe\0');
    assert.ok((await roundTrip(daemon)) < 1000);
  });

  test('at the end a full pipe is given up after some seconds, and it is said how much was lost', async () => {
    await using daemon = await startDaemon();
    const pipe = makePipe(daemon, 'pipe');
    using _reader = new Reader(pipe);
    const wire = await Wire.to(daemon.socket, pipe);
    void wire.send(numbered(MEBIBYTE));
    await sleep(300);
    const started = performance.now();
    assert.equal((await daemon.stop()).code, 1);
    assert.ok(performance.now() - started < 9000);
    assert.match(await daemon.log(), /ERROR\] [1-9]\d* bytes could not be written\n/);
  });
});
