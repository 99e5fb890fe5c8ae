import assert from 'node:assert/strict';
import { fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Budget } from './budget.ts';
import { CallQueues } from './call-queues.ts';
import { LogFile } from './log-file.ts';
import { owned, Source } from './source.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offlog-file-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A file and the promise that it is closed. */
function open({ durable = false } = {}) {
  const path = join(folder, 'x.log');
  const fd = openSync(path, 'a');
  const closing = Promise.withResolvers<void>();
  const file = new LogFile(fd, fstatSync(fd, { bigint: true }), {
    budget: new Budget(() => undefined),
    writes: new CallQueues({ atOnce: 4, forgiving: false }),
    durable,
    onClosed: closing.resolve,
  });
  return { file, path, closed: closing.promise };
}

/** A source in the file, which tells when all that it was given is written. */
function sourceOf(file: LogFile) {
  let wake = () => {};
  const source: Source = new Source({
    onWritten: () => wake(),
    onAwaited: () => undefined,
    onFailed: (error) => assert.fail(String(error)),
  });
  file.add(source);
  const written = async () => {
    while (source.pending > source.heldBytes) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const append = (text: string) => file.append(source, owned(Buffer.from(text)));
  return { source, append, written, finish: () => file.finish(source) };
}

test('who never stops at the end of a line is not given up while each line ends in time', async () => {
  const { file, path, closed } = open();
  const steady = sourceOf(file);
  const other = sourceOf(file);
  steady.append('0 begin');
  for (let number = 1; number <= 40; number++) {
    await sleep(40);
    other.append(`other ${number}\n`);
    steady.append(` end\n${number} begin`);
  }
  steady.append(' end\n');
  steady.finish();
  other.finish();
  await closed;
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  assert.equal(lines.length, 81);
  for (const line of lines) assert.match(line, /^(\d+ begin end|other \d+)$/);
});

test('who asks while a sync is under way that covers all hears of the end of it', async () => {
  const { file, closed } = open({ durable: true });
  const { append, written, finish } = sourceOf(file);
  file.retain();
  append('line\n');
  await written();
  file.sync();
  const durable = new Promise<unknown>((resolve) => file.whenDurable(resolve));
  assert.equal(await Promise.race([durable, sleep(5000, 'nothing')]), undefined);
  finish();
  file.release();
  await closed;
});

test('who asks after more was written while a sync is under way waits for the next one', async () => {
  const { file, closed } = open({ durable: true });
  const { append, written, finish } = sourceOf(file);
  file.retain();
  append('line\n');
  await written();
  file.sync();
  append('more\n');
  await written();
  let isDurable = false;
  const durable = new Promise<void>((resolve) => {
    file.whenDurable(() => {
      isDurable = true;
      resolve();
    });
  });
  await sleep(200);
  assert.equal(isDurable, false);
  file.sync();
  await durable;
  finish();
  file.release();
  await closed;
});
