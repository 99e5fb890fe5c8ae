import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { difference } from '../conformance/compare.ts';
import { parseJson } from '../lossless-json.ts';
import { type ServerProcess, startServer } from '../server-process.ts';
import { PYPI_PYTHON, withoutPypi } from './pythons.ts';
import { type ApiRecord, countOf, recordsOf } from './records.ts';

const run = promisify(execFile);
const skip = await withoutPypi();
const password = 'another_long_random_string';
const env = { ...process.env, PYTHONIOENCODING: 'utf-8', PYTHONDONTWRITEBYTECODE: '1' };

function scriptPath(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

type Order = {
  log: string;
  level?: string;
  logger?: string;
  args?: unknown[];
  extra?: Record<string, unknown>;
};

/** A Python process with chronologer.client that logs what it is told. */
class Application {
  #child: ChildProcess;
  #ended: Promise<unknown>;
  stderr = '';

  constructor(server: ServerProcess, options: Record<string, unknown>) {
    const { host } = new URL(server.address);
    const all = { host, credentials: ['logger', password], ...options };
    this.#child = spawn(PYPI_PYTHON, [scriptPath('queue_proxy.py'), JSON.stringify(all)], { env });
    this.#ended = once(this.#child, 'close');
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
  }

  log(...orders: Order[]): void {
    for (const order of orders) this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  /** Ends the application in the ordinary way. */
  async end(): Promise<void> {
    this.#child.stdin?.end();
    await this.#ended;
    assert.equal(this.#child.exitCode, 0, this.stderr);
  }

  /** Kills the application if a test failed before its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

function plain(...numbers: number[]): Order[] {
  return numbers.map((number) => ({ log: `message ${number}`, logger: 'some' }));
}

async function messagesOf(server: ServerProcess): Promise<string[]> {
  return (await recordsOf(server, password, '')).map(({ message }) => message);
}

/** Resolves when the server has `count` records, at most 15 s later. */
async function arrived(server: ServerProcess, count: number): Promise<void> {
  for (let wait = 0; wait < 300 && (await countOf(server, password)) < count; wait += 1) await sleep(50);
  assert.equal(await countOf(server, password), count);
}

function clientTest(name: string, body: (server: ServerProcess) => Promise<void>): void {
  test(`chronologer.client: ${name}`, { skip }, async () => {
    await using server = await startServer({ env: { CHRONOLOGER_PASSWORD: password } });
    await body(server);
  });
}

clientTest('records of every type come back field by field', async (server) => {
  const { host } = new URL(server.address);
  const args = [scriptPath('batch_json.py'), host, password, 'appname'];
  const { stdout, stderr } = await run(PYPI_PYTHON, args, { env, maxBuffer: 64 * 1024 * 1024 });
  assert.equal(stderr, '');
  const due = stdout.trimEnd().split('\n').map(parseJson);
  assert.ok(due.length > 80, `only ${due.length} records were logged`);
  const got = await recordsOf(server, password, 'appname.');
  assert.equal(got.length, due.length);
  const wrong = due.map((record, index) => difference(record, got[index], `record ${index + 1}`));
  assert.deepEqual(
    wrong.filter((one) => one !== undefined),
    [],
  );
});

clientTest(
  'capacity: a full buffer is sent, what is left follows when the application ends',
  async (server) => {
    await using application = new Application(server, { capacity: 3 });
    application.log(...plain(1, 2, 3, 4, 5));
    await arrived(server, 3);
    await sleep(300);
    assert.equal(await countOf(server, password), 3);
    await application.end();
    assert.deepEqual(
      await messagesOf(server),
      plain(1, 2, 3, 4, 5).map(({ log }) => log),
    );
    assert.equal(application.stderr, '');
  },
);

clientTest('flushLevel: an error is sent at once, with what waited', async (server) => {
  await using application = new Application(server, { flushLevel: 'ERROR' });
  application.log(...plain(1, 2));
  await sleep(500);
  assert.equal(await countOf(server, password), 0);
  application.log({ log: 'an error', level: 'ERROR' });
  await arrived(server, 3);
  await application.end();
  assert.deepEqual(await messagesOf(server), ['message 1', 'message 2', 'an error']);
});

clientTest('flushTimeout: what has waited that long is sent, though the buffer has room', async (server) => {
  await using application = new Application(server, { flushTimeout: 2 });
  application.log(...plain(1));
  await sleep(700);
  assert.equal(await countOf(server, password), 0);
  await arrived(server, 1);
  await application.end();
});

clientTest('prefix and suffix make the name, and the logger’s own is kept as origname', async (server) => {
  await using application = new Application(server, { prefix: 'appname' });
  application.log(
    { log: 'Chronologer!', logger: 'some', extra: { suffix: 'important.transfer' } },
    { log: 'no suffix', logger: 'some' },
  );
  await application.end();
  const got = await recordsOf(server, password, 'appname.some');
  const names = got.map(({ name, logrec }) => [name, logrec.meta?.origname]);
  assert.deepEqual(names, [
    ['appname.some.important.transfer', 'some'],
    ['appname.some', 'some'],
  ]);
});

clientTest(
  'credentials: with wrong ones the client says so and keeps the records on stderr',
  async (server) => {
    await using application = new Application(server, { credentials: ['logger', 'wrong'] });
    application.log({ log: 'refused', level: 'ERROR' });
    await application.end();
    assert.equal(await countOf(server, password), 0);
    assert.match(application.stderr, /403/);
    assert.match(application.stderr, /"message": "refused"/);
  },
);

clientTest('a server that is down and up again gets every record once', async (server) => {
  await using application = new Application(server, { capacity: 2 });
  application.log(...plain(1, 2));
  await arrived(server, 2);
  await server.stop();
  application.log(...plain(3, 4, 5, 6, 7));
  await sleep(500);
  await server.restart();
  await arrived(server, 6);
  await application.end();
  assert.deepEqual(
    await messagesOf(server),
    plain(1, 2, 3, 4, 5, 6, 7).map(({ log }) => log),
  );
});

for (const [handler, count] of [
  ['QueueProxyHandler', 500],
  ['HTTPHandler', 50],
] as const) {
  clientTest(
    `an application of 16 threads with ${handler}: every record is there exactly once`,
    async (server) => {
      const { host } = new URL(server.address);
      const args = [scriptPath('sixteen_threads.py'), host, password, String(count), handler];
      const { stderr } = await run(PYPI_PYTHON, args, { env });
      assert.equal(stderr, '');
      const got = await recordsOf(server, password, '');
      assert.deepEqual(
        numbersByThread(got),
        Array.from({ length: 16 }, () => Array.from({ length: count }, (_, i) => i)),
      );
      assert.equal(got.length, 16 * count);
    },
  );
}

/** For each thread the numbers of its records in the order of their ids: a thread's records must not overtake each other. */
function numbersByThread(records: ApiRecord[]): number[][] {
  const byThread: number[][] = Array.from({ length: 16 }, () => []);
  for (const { logrec, name } of records) {
    assert.ok(name.endsWith(`thread.${logrec.data?.worker}`), name);
    byThread[Number(logrec.data?.worker)]?.push(Number(logrec.data?.number));
  }
  return byThread;
}
