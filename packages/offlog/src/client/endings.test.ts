import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type RunningDaemon, startDaemon } from '../../../../test/offlog/daemon-process.ts';
import { ENDINGS } from './testing/endings.ts';
import { countNumbered } from './testing/numbered.ts';
import { startEnding } from './testing/program.ts';
import { finalTextOf, textOf } from './testing/scene.ts';

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
  'SIGTERM beside signal-exit': { signal: 'SIGTERM' },
  'SIGTERM with two copies of this library': { signal: 'SIGTERM' },
  'SIGTERM with a handler that exits': { lines: LINES + 10, code: 4 },
  'SIGINT with a handler for once that exits later': { lines: LINES + 10, code: 4 },
  'SIGTERM with a handler for once that was there before the file': { code: 4 },
  'SIGTERM a second time, after a handler for once': { lines: LINES + 10, signal: 'SIGTERM' },
  'a worker that ends': { code: 0 },
  'a worker that exits': { code: 0 },
  'a worker that throws': { code: 0 },
  'a worker that is terminated': { code: 0 },
  'a worker, at process.exit in the main thread': { code: 3 },
};

let daemon: RunningDaemon;
before(async () => {
  daemon = await startDaemon();
});
after(async () => daemon[Symbol.asyncDispose]());

for (const [index, name] of Object.keys(ENDINGS).entries()) {
  test(`nothing is lost at ${name}`, async () => {
    const due = DUE[name];
    assert.ok(due !== undefined, 'it is said what is due');
    const path = join(daemon.folder, `${index}.log`);
    const { ended } = startEnding(name, daemon.socket, path, LINES);
    const { code, signal, out: counted, complaints } = await ended;
    assert.deepEqual({ code, signal }, { code: due.code ?? null, signal: due.signal ?? null }, complaints);
    assert.doesNotMatch(complaints, /^offlog:/m);
    // A worker that is ended by another counts what the kernel had taken by then; it goes on for a moment.
    const least = counted === '' ? (due.lines ?? LINES) : Number(counted);
    const most = counted === '' ? least : Number.POSITIVE_INFINITY;
    const lines = countNumbered(await finalTextOf(path, least * 100));
    assert.ok(lines >= least && lines <= most, `${lines} lines of ${least}`);
    const copy = `${path}.copy`;
    if (existsSync(copy)) assert.equal(countNumbered(await textOf(copy, LINES * 100)), LINES);
  });
}
