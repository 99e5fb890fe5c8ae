import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDaemon } from '../../../../test/offlog/daemon-process.ts';
import { countNumbered } from './testing/numbered.ts';
import { startEnding } from './testing/program.ts';
import { finalTextOf, until } from './testing/scene.ts';

/** What SIGKILL costs: with flush: tick at most the last 64 Ki characters, with flush: write nothing while the daemon keeps up. */

for (const [flush, mostLost] of [
  // 64 Ki characters of which each line has 90, in 100 bytes.
  [undefined, 72_900],
  ['write', 0],
] as const) {
  test(`a program that is killed in the middle of a loop, flush: ${flush ?? 'tick'}`, async (context) => {
    await using daemon = await startDaemon();
    const path = join(daemon.folder, 'a.log');
    const { child, ended } = startEnding(
      'an endless loop',
      daemon.socket,
      path,
      0,
      ...(flush ? [flush] : []),
    );
    const counted = async () => Number(await readFile(`${path}.count`, 'utf8').catch(() => '0'));
    await until(async () => (await counted()) > 20_000, '20,000 lines');
    child.kill('SIGKILL');
    const { signal, complaints } = await ended;
    assert.equal(signal, 'SIGKILL', complaints);
    const written = await counted();
    const text = await finalTextOf(path, written * 100 - mostLost);
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const lost = written * 100 - Buffer.byteLength(text);
    context.diagnostic(`${written} lines were written, ${Math.max(0, lost)} bytes of them lost`);
    assert.ok(lost <= mostLost, `${lost} bytes`);
    assert.ok(countNumbered(whole) >= written - mostLost / 100 - 1);
  });
}
