import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { textOf } from '../../packages/offlog/src/client/testing/scene.ts';
import { startDaemon } from './daemon-process.ts';

/** ProxyFile as the destination of pino and winston, their ends included. */

const program = fileURLToPath(new URL('logger-program.ts', import.meta.url));
const LINES = 20_000;

/** Runs a program that logs LINES lines and ends in some way; answers the numbers in the file. */
async function numbersLogged(logger: string, end: string) {
  await using daemon = await startDaemon();
  const path = join(daemon.folder, 'a.log');
  const child = spawn(process.execPath, [program, logger, end, daemon.socket, path, String(LINES)], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const [code, signal] = await once(child, 'close');
  // Stopping writes all that was sent.
  await textOf(path, 1);
  await daemon.stop();
  const lines = (await textOf(path, 1)).split('\n').slice(0, -1);
  const numbers = lines.map((line) => (JSON.parse(line) as { index: number }).index);
  return { code, signal, numbers, complaints };
}

const ALL = Array.from({ length: LINES }, (_, index) => index);

const ENDS = {
  'process.exit': { code: 3, signal: null },
  'an exception': { code: 1, signal: null },
  SIGTERM: { code: null, signal: 'SIGTERM' },
  'the end of the program': { code: 0, signal: null },
} as const;

for (const [end, due] of Object.entries(ENDS)) {
  test(`pino loses nothing at ${end}`, async () => {
    const { code, signal, numbers, complaints } = await numbersLogged('pino', end);
    assert.deepEqual({ code, signal }, due, complaints);
    assert.deepEqual(numbers, ALL);
  });
}

test('pino: a fatal line is sent at once', async () => {
  const { numbers } = await numbersLogged('pino', 'SIGKILL after a fatal line');
  assert.deepEqual(numbers, ALL);
});

for (const [end, due] of Object.entries(ENDS)) {
  test(`winston loses nothing of what it hands over at ${end}`, async () => {
    const { code, signal, numbers, complaints } = await numbersLogged('winston', end);
    assert.deepEqual({ code, signal }, due, complaints);
    assert.deepEqual(numbers, ALL);
  });
}
