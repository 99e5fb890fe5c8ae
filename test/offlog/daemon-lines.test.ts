import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { copyFile, rename, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDaemon } from './daemon-process.ts';
import { line, numbersIn, upTo } from './numbered-lines.ts';
import { punctually, Silence } from './punctual.ts';
import { until } from './until.ts';
import { Wire } from './wire.ts';

/** Lines of several clients in one file, and files that are exchanged under them. */

/** Cuts bytes into pieces of 1 to 300 bytes, which seldom end where a line does. */
function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0, length = 1; at < bytes.length; at += length, length = 1 + ((length * 31 + 7) % 300)) {
    yield bytes.subarray(at, at + length);
  }
}

/** Clients that write numbered lines, in pieces, until they are told to end. */
class Load {
  readonly #counts: Promise<number>[];
  readonly silences: Silence[] = [];
  #over = false;

  constructor(socket: string, file: string, clients: number, pause: number) {
    this.#counts = Array.from({ length: clients }, (_, client) => this.#run(socket, file, client, pause));
  }

  async #run(socket: string, file: string, client: number, pause: number): Promise<number> {
    const wire = await Wire.to(socket, file);
    const silence = new Silence();
    this.silences.push(silence);
    let number = 0;
    while (!this.#over) {
      const lines = Array.from({ length: 5 }, () => line(client, number++)).join('');
      for (const piece of pieces(Buffer.from(lines))) {
        assert.equal(await wire.send(piece), undefined);
        silence.ended();
        if (pause > 0) await sleep(Math.random() * pause);
      }
    }
    wire.end();
    assert.equal(await wire.receive(), 'BYE\0');
    return number;
  }

  /** Ends all; how many lines each has written. */
  async end(): Promise<number[]> {
    this.#over = true;
    return Promise.all(this.#counts);
  }
}

describe('lines', { concurrency: 3 }, () => {
  test('8 clients that pause within their lines: whole lines, each client’s in order', async () => {
    await punctually(async (silences) => {
      await using daemon = await startDaemon();
      const file = join(daemon.folder, 'x.log');
      const load = new Load(daemon.socket, file, 8, 40);
      await sleep(4000);
      const counts = await load.end();
      silences.push(...load.silences);
      const numbers = numbersIn([readFileSync(file, 'utf8')]);
      for (const [client, count] of counts.entries()) assert.deepEqual(numbers.get(client), upTo(count));
    });
  });

  test('a line that is dribbled byte by byte is whole, and others are not kept waiting for it', async () => {
    await using daemon = await startDaemon();
    const file = join(daemon.folder, 'x.log');
    const [slow, quick] = [await Wire.to(daemon.socket, file), await Wire.to(daemon.socket, file)];
    for (const byte of 'dribbled\n') {
      await slow.send(byte);
      await quick.send('quick\n');
      await sleep(60);
      assert.ok(readFileSync(file, 'utf8').endsWith(byte === '\n' ? '' : 'quick\n'));
    }
    await until('all is there', () => readFileSync(file).length === 9 + 9 * 6);
    assert.deepEqual(new Set(readFileSync(file, 'utf8').split('\n')), new Set(['quick', 'dribbled', '']));
  });

  test('a client whose pieces all end within a line: each line has its time anew', async () => {
    await punctually(async (silences) => {
      await using daemon = await startDaemon();
      const file = join(daemon.folder, 'x.log');
      const wires = [await Wire.to(daemon.socket, file), await Wire.to(daemon.socket, file)];
      const silence = new Silence();
      silences.push(silence);
      for (let number = 0; number < 60; number++) {
        await Promise.all(wires.map((wire) => wire.send(number === 0 ? 'half' : ' whole\nhalf')));
        silence.ended();
        await sleep(25);
      }
      await Promise.all(wires.map((wire) => wire.send(' whole\n')));
      silence.ended();
      const lines = 'half whole\n'.repeat(120);
      await until('all is there', () => readFileSync(file).length === lines.length);
      assert.equal(readFileSync(file, 'utf8'), lines);
    });
  });

  test('a line that stops in the middle is written after 100 ms, and the others’ after it', async () => {
    await using daemon = await startDaemon();
    const file = join(daemon.folder, 'x.log');
    const slow = await Wire.to(daemon.socket, file);
    await slow.send('alone, at once');
    await until('it is there', () => readFileSync(file, 'utf8') === 'alone, at once', 300);
    const quick = await Wire.to(daemon.socket, file);
    await slow.send(' and on\n');
    await slow.send('not alone');
    const started = performance.now();
    await quick.send('quick\n');
    await until('it is given up', () => readFileSync(file, 'utf8').endsWith('not alone'));
    const time = performance.now() - started;
    assert.ok(time > 80 && time < 1000, `after ${time} ms`);
    assert.equal(readFileSync(file, 'utf8'), 'alone, at once and on\nquick\nnot alone');
  });

  test('a line of 64 KiB is whole beside others; a longer one is not waited for', async () => {
    await using daemon = await startDaemon();
    const file = join(daemon.folder, 'x.log');
    const [long, quick] = [await Wire.to(daemon.socket, file), await Wire.to(daemon.socket, file)];
    const whole = `${'w'.repeat(65_535)}\n`;
    for (let at = 0; at < whole.length; at += 8192) {
      await long.send(whole.slice(at, at + 8192));
      await quick.send('quick\n');
      await sleep(10);
    }
    await until('all is there', () => readFileSync(file).length === whole.length + 8 * 6);
    assert.ok(readFileSync(file, 'utf8').includes(`\n${whole}`));
    const endless = 'e'.repeat(200_000);
    await long.send(endless);
    await until('it is written', () => readFileSync(file).length > whole.length + 8 * 6 + 131_072, 500);
  });
});

describe('rotation under load', { concurrency: 3 }, () => {
  for (const [how, rotate] of [
    ['by rename', async (file: string, number: number) => rename(file, `${file}.${number}`)],
    [
      'by rename, with a new file at once',
      async (file: string, number: number) => {
        await rename(file, `${file}.${number}`);
        // The daemon may have been quicker and made it.
        writeFileSync(file, '', { flag: 'a' });
      },
    ],
  ] as const) {
    test(how, async () => {
      await using daemon = await startDaemon({ args: ['-r', '50'] });
      const file = join(daemon.folder, 'x.log');
      const load = new Load(daemon.socket, file, 6, 3);
      for (let number = 0; number < 8; number++) {
        await sleep(300);
        await until('the file is there', () => existsSync(file));
        await rotate(file, number);
      }
      await until('each new file was seen', async () => (await daemon.log()).split('Reopened').length === 9);
      const counts = await load.end();
      const numbers = numbersIn(
        [...upTo(8).map((number) => `${file}.${number}`), file].map((each) => readFileSync(each, 'utf8')),
      );
      for (const [client, count] of counts.entries()) assert.deepEqual(numbers.get(client), upTo(count));
      await until('no rotated file is held open', () =>
        descriptors(daemon.pid).every((each) => !each.includes('x.log.')),
      );
    });
  }

  test('by copy and truncate, in which the gap between the two is closed by stopping the daemon', async () => {
    await using daemon = await startDaemon({ args: ['-r', '50'] });
    const file = join(daemon.folder, 'x.log');
    const load = new Load(daemon.socket, file, 6, 3);
    const copies: string[] = [];
    for (let number = 0; number < 5; number++) {
      await sleep(300);
      daemon.process.kill('SIGSTOP');
      await until('it stands', () => stateOf(daemon.pid) === 'T');
      await copyFile(file, `${file}.${number}`);
      copies.push(readFileSync(`${file}.${number}`, 'utf8'));
      await truncate(file);
      daemon.process.kill('SIGCONT');
    }
    const counts = await load.end();
    // Truncating knows nothing of lines: one may go on in the next copy.
    const numbers = numbersIn([[...copies, readFileSync(file, 'utf8')].join('')]);
    for (const [client, count] of counts.entries()) assert.deepEqual(numbers.get(client), upTo(count));
  });

  test('by delete: every line is in the deleted file or in the new one', async () => {
    await using daemon = await startDaemon({ args: ['-r', '50'] });
    const file = join(daemon.folder, 'x.log');
    const load = new Load(daemon.socket, file, 6, 3);
    const deleted: number[] = [];
    for (let number = 0; number < 5; number++) {
      await sleep(300);
      await until('the file is there', () => existsSync(file));
      deleted.push(openSync(file, 'r'));
      await rm(file);
    }
    await until('the file is there', () => existsSync(file));
    const counts = await load.end();
    const texts = [...deleted.map((fd) => readFileSync(fd, 'utf8')), readFileSync(file, 'utf8')];
    for (const fd of deleted) closeSync(fd);
    const numbers = numbersIn(texts);
    for (const [client, count] of counts.entries()) assert.deepEqual(numbers.get(client), upTo(count));
  });
});

/** What the descriptors of a process stand for. */
function descriptors(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

/** proc_pid_stat(5): the third field, behind the name in brackets. */
function stateOf(pid: number): string {
  return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1] ?? '';
}
