import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { OFFLOG, type RunningDaemon, startDaemon } from '../offlog/daemon-process.ts';
import { line, numbersIn, upTo } from '../offlog/numbered-lines.ts';
import { until } from '../offlog/until.ts';
import { Wire } from '../offlog/wire.ts';

/** The daemon under many clients, and its ends under load. */

async function finish(wire: Wire): Promise<void> {
  wire.end();
  assert.equal(await wire.receive(60_000), 'BYE\0');
}

/** A line is whole for certain when no pause in it is longer, in milliseconds; the daemon waits for 100. */
const LONGEST_PAUSE = 90;

/**
 * A client that sends numbered lines, cut anywhere, with pauses below 50 ms: within lines, or before the next. Resolves to
 * the longest that a line was cut: on a machine that is busy more than the client meant to.
 */
async function writeLines(
  daemon: RunningDaemon,
  {
    file,
    client,
    count,
    pause,
  }: { file: string; client: number; count: number; pause: 'within' | 'between' },
): Promise<number> {
  const wire = await Wire.to(daemon.socket, file);
  let rest = '';
  let longest = 0;
  let cutAt = Number.POSITIVE_INFINITY;
  for (let number = 0; number < count; ) {
    for (const end = Math.min(count, number + 1 + Math.floor(Math.random() * 200)); number < end; number++) {
      rest += line(client, number);
    }
    const cut = number === count ? rest.length : rest.length - Math.floor(Math.random() * 50);
    longest = Math.max(longest, performance.now() - cutAt);
    const begun = wire.send(rest.slice(0, cut));
    if (pause === 'between') void wire.send(rest.slice(cut));
    rest = pause === 'within' ? rest.slice(cut) : '';
    assert.equal(await begun, undefined);
    cutAt = performance.now();
    await sleep(Math.random() * 50);
  }
  await finish(wire);
  return pause === 'within' ? longest : 0;
}

test('50 clients, 20,000 lines each, into one file: whole lines, each client’s in order', async (t) => {
  await using daemon = await startDaemon();
  let file: string;
  let longest: number;
  let attempt = 0;
  do {
    if (attempt === 3) return t.skip('this machine is too busy: the clients’ own pauses were too long');
    file = join(daemon.folder, `${attempt++}.log`);
    const to = { file, count: 20_000, pause: 'within' } as const;
    longest = Math.max(
      ...(await Promise.all(upTo(50).map((client) => writeLines(daemon, { ...to, client })))),
    );
  } while (longest > LONGEST_PAUSE);
  const numbers = numbersIn([readFileSync(file, 'latin1')]);
  assert.equal(numbers.size, 50);
  for (const found of numbers.values()) assert.deepEqual(found, upTo(20_000));
});

test('500 clients on 50 files, 2,000 lines each', async () => {
  await using daemon = await startDaemon();
  const fileOf = (client: number) => join(daemon.folder, `${client % 50}.log`);
  // So many clients in one process keep no time: none pauses within a line.
  const how = { count: 2000, pause: 'between' } as const;
  await Promise.all(upTo(500).map((client) => writeLines(daemon, { ...how, file: fileOf(client), client })));
  const numbers = numbersIn(upTo(50).map((client) => readFileSync(fileOf(client), 'latin1')));
  assert.equal(numbers.size, 500);
  for (const found of numbers.values()) assert.deepEqual(found, upTo(2000));
});

test('2,000 clients at once', async () => {
  await using daemon = await startDaemon();
  const wires: Wire[] = [];
  // So many at a time that the kernel keeps them waiting; it turns others away by itself.
  while (wires.length < 2000) {
    const some = upTo(250).map((each) => join(daemon.folder, `${(wires.length + each) % 500}.log`));
    wires.push(...(await Promise.all(some.map((file) => Wire.to(daemon.socket, file)))));
  }
  for (const [client, wire] of wires.entries()) await wire.send(line(client, 0));
  await Promise.all(wires.map(finish));
  const files = upTo(500).map((number) => readFileSync(join(daemon.folder, `${number}.log`), 'latin1'));
  assert.equal(numbersIn(files).size, 2000);
});

describe('the limit of open files', { concurrency: 2 }, () => {
  const REFUSED = /^OSError: \[Errno 24\] Too many open files(: '.*')?\0$/;
  const command = ['prlimit', '--nofile=256:256', OFFLOG];

  test('reached client by client: a refusal, no harm to others, and room again when some go', async () => {
    await using daemon = await startDaemon({ command });
    const wires: Wire[] = [];
    for (;;) {
      const wire = await Wire.open(daemon.socket);
      await wire.send(`${join(daemon.folder, `${wires.length}.log`)}\0`);
      const answer = await wire.receive();
      if (answer !== 'OK\0') {
        assert.match(answer, REFUSED);
        break;
      }
      wires.push(wire);
    }
    assert.ok(wires.length > 80 && wires.length < 128, `${wires.length} clients`);
    for (const [client, wire] of wires.entries()) await wire.send(line(client, 0));
    await Promise.all(wires.splice(0, 20).map(finish));
    await until('their files are closed', async () => count(await daemon.log(), 'Closed') === 20);
    await finish(await Wire.to(daemon.socket, join(daemon.folder, 'new.log')));
    await Promise.all(wires.map(finish));
    for (const client of upTo(80)) {
      assert.equal(readFileSync(join(daemon.folder, `${client}.log`), 'utf8'), line(client, 0));
    }
  });

  test('overrun by a crowd that connects first and names files then: each gets OK or the refusal', async () => {
    await using daemon = await startDaemon({ command });
    const first = await Wire.to(daemon.socket, join(daemon.folder, 'first.log'));
    const wires = await Promise.all(upTo(220).map(() => Wire.open(daemon.socket)));
    const answers = await Promise.all(
      wires.map(async (wire, client) => {
        await wire.send(`${join(daemon.folder, `${client}.log`)}\0`);
        return wire.receive();
      }),
    );
    const refused = answers.filter((answer) => answer !== 'OK\0');
    for (const answer of refused) assert.match(answer, REFUSED);
    assert.ok(refused.length > 100, `${refused.length} refused`);
    await first.send('unharmed\n');
    await finish(first);
    assert.equal(readFileSync(join(daemon.folder, 'first.log'), 'utf8'), 'unharmed\n');
    assert.doesNotMatch(await daemon.log(), /could not be accepted/);
    for (const wire of wires) wire.close();
    await until('all are gone', async () => {
      const wire = await Wire.open(daemon.socket);
      await wire.send(`${join(daemon.folder, 'new.log')}\0`);
      return (await wire.receive()) === 'OK\0';
    });
  });
});

/** A client that sends nothing for so long has ended, in milliseconds; a little less than what the daemon counts by. */
const QUIET = 8;

function count(text: string, what: string): number {
  return text.split(what).length - 1;
}

/** Clients with a file each that send until the daemon says something or is gone. */
class Streams {
  readonly #daemon: RunningDaemon;
  readonly #goOn: boolean;
  /**
   * What was said to each, how many bytes the kernel had taken by then, and the longest pause between two sends after
   * that, in milliseconds.
   */
  readonly over: Promise<{ said: string; taken: number; pause: number }[]>;

  /** `goOn`: sends on whatever the daemon says. */
  constructor(daemon: RunningDaemon, clients: number, goOn = false) {
    this.#daemon = daemon;
    this.#goOn = goOn;
    this.over = Promise.all(upTo(clients).map((client) => this.#run(client)));
  }

  fileOf(client: number): string {
    return join(this.#daemon.folder, `${client}.log`);
  }

  async #run(client: number): Promise<{ said: string; taken: number; pause: number }> {
    const wire = await Wire.to(this.#daemon.socket, this.fileOf(client));
    let said: string | undefined;
    const hearing = wire.receive(60_000).then((message) => {
      said = message;
    });
    let [taken, pause] = [0, 0];
    for (let number = 0, sent = performance.now(); said === undefined || this.#goOn; ) {
      let piece = '';
      while (piece.length < 5000) piece += line(client, number++);
      const failed = await wire.send(piece);
      const now = performance.now();
      if (said !== undefined) pause = Math.max(pause, now - sent);
      sent = now;
      if (failed !== undefined) break;
      await sleep(3);
      if (said === undefined) taken += piece.length;
    }
    await hearing;
    wire.close();
    return { said: said ?? '', taken, pause };
  }

  /** The file of each client holds its stream from the beginning, and no less than what was taken. */
  assertPrefixes(outcomes: readonly { readonly taken: number }[]): void {
    for (const [client, { taken }] of outcomes.entries()) {
      const found = readFileSync(this.fileOf(client), 'latin1');
      assert.ok(found.length >= taken, `client ${client}: ${found.length} bytes of ${taken}`);
      let expected = '';
      for (let number = 0; expected.length < found.length; number++) expected += line(client, number);
      assert.ok(expected.startsWith(found), `client ${client}: not what it sent`);
    }
  }
}

describe('ends under load', { concurrency: 1 }, () => {
  test('SIGTERM: everything that a kernel took before the message is in the file', async () => {
    await using daemon = await startDaemon();
    const streams = new Streams(daemon, 50);
    await sleep(1500);
    assert.equal((await daemon.stop()).code, 0);
    const outcomes = await streams.over;
    for (const { said, taken } of outcomes) {
      assert.equal(said, 'OSError: offlog server exited\0');
      assert.ok(taken > 0);
    }
    streams.assertPrefixes(outcomes);
  });

  test('SIGTERM: a client that sends on and on is cut after a second', async () => {
    // A client that the machine held up so long that it seemed to have ended is rightly cut sooner.
    for (let tries = 1; ; tries++) {
      await using daemon = await startDaemon();
      const streams = new Streams(daemon, 3, true);
      await sleep(500);
      const started = performance.now();
      assert.equal((await daemon.stop()).code, 0);
      const time = performance.now() - started;
      const outcomes = await streams.over;
      streams.assertPrefixes(outcomes);
      assert.ok(time < 4000, `after ${time} ms`);
      if (time > 900) return;
      const pauses = outcomes.map(({ pause }) => pause);
      assert.ok(Math.min(...pauses) > QUIET, `after ${time} ms; the longest pauses: ${pauses.join()} ms`);
      assert.ok(tries < 10, 'held up each time');
    }
  });

  test('kill -9: each file holds its client’s stream from the beginning', async () => {
    await using daemon = await startDaemon();
    const streams = new Streams(daemon, 50);
    await sleep(1500);
    await daemon.kill();
    const outcomes = await streams.over;
    // What was on its way through the daemon is lost, and nothing else.
    streams.assertPrefixes(outcomes.map(({ taken }) => ({ taken: Math.max(0, taken - 2 ** 20) })));
  });
});
