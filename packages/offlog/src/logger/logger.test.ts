import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startDaemon } from '../../../../test/offlog/daemon-process.ts';
import { freshFolder } from '../client/testing/scene.ts';
import { DEBUG, ERROR, Logger, type LoggerOptions, WARNING } from '../mod.ts';

const QUIET = { stdoutLevel: null, stderrLevel: null } as const;
const TIME = /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} /gm;
const program = fileURLToPath(new URL('testing/log.ts', import.meta.url));

/** The lines of a file, with T for the time. */
async function linesOf(path: string): Promise<string[]> {
  return (await readFile(path, 'utf8')).replaceAll(TIME, '[T ').split('\n').slice(0, -1);
}

/** What a logger to a local file writes. */
async function written(options: LoggerOptions, use: (log: Logger) => void): Promise<string[]> {
  await using folder = await freshFolder();
  const path = join(folder.path, 'a.log');
  const log = await Logger.open('my app', path, { localFile: true, ...QUIET, ...options });
  use(log);
  await log.close();
  return linesOf(path);
}

test('lines have the time, the name and the level', async () => {
  const lines = await written({}, (log) => {
    log.debug('a');
    log.info('%s', 'b');
    log.warning('c %d%%', 50);
    log.error('100% plain');
    log.exception('e');
    log.critical('two\nlines');
    log.log(DEBUG + 1, 'g');
    log.log(Number.NaN, 'h');
    log.info({ some: 'thing' });
    log.info('%(a)s', { a: 1 });
  });
  assert.deepEqual(lines, [
    '[T my app DEBUG] a',
    '[T my app INFO] b',
    '[T my app WARNING] c 50%',
    '[T my app ERROR] 100% plain',
    '[T my app ERROR] e',
    '[T my app CRITICAL] two',
    'lines',
    '[T my app Level 11] g',
    '[T my app INFO] h',
    "[T my app INFO] { some: 'thing' }",
    '[T my app INFO] 1',
  ]);
});

test('the time is local, to the millisecond', async () => {
  await using folder = await freshFolder();
  const path = join(folder.path, 'a.log');
  const log = await Logger.open(null, path, { localFile: true, ...QUIET });
  const before = Date.now();
  log.info('x');
  const after = Date.now();
  await log.close();
  const [, text = ''] = /^\[([-\d]+ [:\d]+\.\d{3}) INFO\] x\n$/.exec(await readFile(path, 'utf8')) ?? [];
  const time = new Date(text.replace(' ', 'T')).getTime();
  assert.ok(time >= before && time <= after, text);
});

test('errors are printed with their stack, their causes and what they gather', async () => {
  const cause = new RangeError('deep');
  const error = new Error('why', { cause });
  const many = new AggregateError([new TypeError('one of them')], 'many');
  const lines = await written({}, (log) => {
    log.error('that failed:', error);
    log.error('%s of %d failed: %s', 'step', 3, error);
    log.warning(many);
    log.error('100% failed', error);
  });
  const heads = lines.filter((line) => line.startsWith('[T '));
  assert.deepEqual(heads, [
    '[T my app ERROR] that failed:',
    '[T my app ERROR] step of 3 failed: Error: why',
    '[T my app WARNING] AggregateError: many',
    '[T my app ERROR] 100% failed',
  ]);
  assert.equal(lines[1], 'Error: why');
  assert.match(lines[2] ?? '', /^ {4}at .*logger\.test\.ts/);
  assert.equal(lines.filter((line) => line.includes('[cause]: RangeError: deep')).length, 3);
  assert.equal(lines.filter((line) => line.includes('TypeError: one of them')).length, 1);
});

test('levels say what goes to the file', async () => {
  const use = (log: Logger) => {
    log.debug('d');
    log.warning('w');
    log.error('e');
  };
  assert.equal((await written({ fileLevel: WARNING }, use)).length, 2);
  assert.equal((await written({ fileLevel: ERROR }, use)).length, 1);
  await using folder = await freshFolder();
  const path = join(folder.path, 'a.log');
  const log = await Logger.open('x', path, { localFile: true, fileLevel: null, ...QUIET });
  use(log);
  await log.close();
  await assert.rejects(readFile(path), { code: 'ENOENT' });
});

test('children share the file, which their own closing leaves open', async () => {
  const lines = await written({}, (log) => {
    const child = log.child('part').child('piece');
    child.info('x');
    void child.close();
    log.info('y');
  });
  assert.deepEqual(lines, ['[T my app.part.piece INFO] x', '[T my app INFO] y']);
});

const BOTH = ['info 1', 'between', 'child', 'not moved to the right by the application', 'at the exit'];
for (const [what, levels, out, err] of [
  ['by default', {}, BOTH, ['warning', 'error', 'critical']],
  ['without standard error', { stderrLevel: null }, [], []],
  ['without standard output', { stdoutLevel: null }, [], ['warning', 'error', 'critical']],
  ['errors alone', { stdoutLevel: null, stderrLevel: ERROR }, [], ['error', 'critical']],
  ['all to standard error', { stderrLevel: DEBUG }, [], undefined],
] as const) {
  test(`standard output and error ${what}`, async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, JSON.stringify(levels)]);
    const texts = (text: string) =>
      text
        .replaceAll(/^\[.*?\] /gm, '')
        .split('\n')
        .slice(0, -1);
    if (what === 'without standard error') {
      assert.deepEqual(texts(stdout), ['info 1', 'warning', 'error', 'critical', ...BOTH.slice(1)]);
    } else assert.deepEqual(texts(stdout), out);
    if (err === undefined) assert.equal(texts(stderr).length, 10);
    else assert.deepEqual(texts(stderr), err);
  });
}

test('a reader of standard output that goes away ends nothing', async () => {
  const child = spawn(process.execPath, [program, '{}'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, complaints);
  assert.match(complaints, /critical/);
});

test('through the daemon; when it is gone, that is said once and nothing is thrown', async () => {
  await using daemon = await startDaemon();
  const path = join(daemon.folder, 'a.log');
  const source = `
    import { Logger } from ${JSON.stringify(new URL('../mod.ts', import.meta.url).href)};
    const log = await Logger.open('x', ${JSON.stringify(path)}, {
      sockPath: ${JSON.stringify(daemon.socket)}, stdoutLevel: null, stderrLevel: null, flush: 'write' });
    log.info('before');
    process.kill(${daemon.pid}, 'SIGTERM');
    for (let round = 0; round < 50; round++) {
      log.info('after');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await log.close().catch((error) => console.log(error.message));
  `;
  const args = ['--input-type=module-typescript', '-e', source];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
  assert.equal(stdout, 'offlog server exited\n');
  assert.equal(stderr, `offlog: ${path}: lines are no longer written: OSError: offlog server exited\n`);
  assert.equal((await linesOf(path))[0], '[T x INFO] before');
});

test('opening fails as opening the file does', async () => {
  await using daemon = await startDaemon();
  const none = join(daemon.folder, 'none', 'a.log');
  await assert.rejects(Logger.open('x', none, { sockPath: daemon.socket }), { name: 'FileNotFoundError' });
  await assert.rejects(Logger.open('x', none, { localFile: true }), { code: 'ENOENT' });
});
