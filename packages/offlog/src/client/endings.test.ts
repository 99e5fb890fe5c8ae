import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type RunningDaemon, startDaemon } from '../../../../test/offlog/daemon-process.ts';
import { ENDINGS } from './testing/endings.ts';
import { countNumbered } from './testing/numbered.ts';

/** Nothing that `write` had taken is lost, whichever way the program ends. 4 MB: 20 times what the buffer of a socket holds. */
const LINES = 40_000;

type Due = { lines?: number; code?: number; signal?: NodeJS.Signals };

const DUE: Readonly<Record<keyof typeof ENDINGS, Due>> = {
  'process.exit': { code: 3 },
  'an exception': { lines: LINES + 10, code: 1 },
  'an unhandled rejection': { code: 1 },
  'the end of the program': { code: 0 },
  'a timer, then the end of the program': { code: 0 },
  'endless microtasks, then process.exit': { code: 3 },
  'lines written by an exit handler': { code: 3 },
  'an exit handler that throws': { code: 3 },
  SIGTERM: { signal: 'SIGTERM' },
  SIGINT: { signal: 'SIGINT' },
  SIGHUP: { signal: 'SIGHUP' },
  'SIGTERM with a handler that exits': { lines: LINES + 10, code: 4 },
  'SIGINT with a handler for once that exits later': { lines: LINES + 10, code: 4 },
  'SIGTERM a second time, after a handler for once': { lines: LINES + 10, signal: 'SIGTERM' },
  'a worker that ends': { code: 0 },
  'a worker that exits': { code: 0 },
  'a worker that throws': { code: 0 },
  'a worker that is terminated': { code: 0 },
  'a worker, at process.exit in the main thread': { code: 3 },
};

const program = fileURLToPath(new URL('testing/ending.ts', import.meta.url));
let daemon: RunningDaemon;
before(async () => {
  daemon = await startDaemon();
});
after(async () => daemon[Symbol.asyncDispose]());

/** The text of a file once it has as many bytes as are due; whatever there is after ten seconds. */
async function textOnce(path: string, bytes: number): Promise<string> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const text = await readFile(path, 'utf8');
    if (Buffer.byteLength(text) >= bytes || performance.now() > deadline) return text;
    await sleep(20);
  }
}

for (const [index, name] of Object.keys(ENDINGS).entries()) {
  test(`nothing is lost at ${name}`, async () => {
    const due = DUE[name];
    assert.ok(due !== undefined, 'it is said what is due');
    const path = join(daemon.folder, `${index}.log`);
    const child = spawn(process.execPath, [program, name, daemon.socket, path, String(LINES)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let counted = '';
    let complaints = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      counted += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    const [code, signal] = await once(child, 'close');
    assert.deepEqual({ code, signal }, { code: due.code ?? null, signal: due.signal ?? null }, complaints);
    assert.doesNotMatch(complaints, /^offlog:/m);
    // A worker may have written one more that it had no time to count.
    const most = counted === '' ? (due.lines ?? LINES) : Number(counted) + 1;
    const least = counted === '' ? most : Number(counted);
    const lines = countNumbered(await textOnce(path, least * 100));
    assert.ok(lines >= least && lines <= most, `${lines} lines of ${least}`);
  });
}
