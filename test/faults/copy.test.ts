import assert from 'node:assert/strict';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { skipWithoutChdb } from '../../packages/server/src/store/clickhouse/testing/chdb-installed.ts';
import { SqliteEngine } from '../../packages/server/src/store/sqlite/engine.ts';
import { freshFolder, runCommand, startCommand } from '../server-process.ts';
import { seededRandom } from './seeded-random.ts';

const FROM = 'sqlite:///from.sqlite';
const RECORDS = 200_000;

/** A database of records, some ids left out. */
function fill(file: string): void {
  const engine = new SqliteEngine(file, '');
  engine.migrate(() => undefined);
  const writer = engine.openWriter();
  let id = 0;
  for (let first = 0; first < RECORDS; first += 8192) {
    const records = Array.from({ length: Math.min(8192, RECORDS - first) }, (_, index) => {
      id += (first + index) % 1000 === 0 ? 3 : 1;
      const ts = 1_790_000_000_000_000 + id * 1000;
      const logrec = `{"data": {"n": ${id}, "text": "${'word '.repeat(id % 90)}"}}`;
      return { id, name: `n.${id % 17}`, ts, level: 20, message: `message ${id}`, logrec };
    });
    writer.insertWithIds(records);
  }
  writer.close();
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

for (const [to, kills, skip] of [
  ['sqlite:///to.sqlite', 12, false],
  ['chdb:///to', 6, skipWithoutChdb],
] as const) {
  test(`a copy to ${to} that is killed again and again: nothing missing, nothing twice`, {
    skip,
  }, async (t) => {
    const random = seededRandom();
    t.diagnostic(`CHRONOLOGER_SEED=${random.seed}`);
    const cwd = await freshFolder();
    try {
      fill(join(cwd, 'from.sqlite'));
      let killed = 0;
      for (let kill = 1; kill <= kills; kill++) {
        const { child, ended } = startCommand(['copy', FROM, to], { cwd });
        // From the start of the process to somewhere in the middle.
        await sleep(random.between(100, to.startsWith('chdb') ? 6000 : 900));
        child.kill('SIGKILL');
        const { signal, code, stdout, stderr } = await ended;
        if (signal === 'SIGKILL') killed++;
        else assert.equal(code, 0, stdout + stderr);
      }
      assert.ok(killed > 0, 'no kill met a copy: nothing was tested');
      const { code, stdout, stderr } = await runToTheEnd(['copy', FROM, to], cwd);
      assert.equal(code, 0, stdout + stderr);
      const counts = [...stdout.matchAll(/: (\d+) records, SHA-256 (\w+)$/gm)].map(([, ...found]) => found);
      assert.equal(counts.length, 2);
      assert.deepEqual(counts[0], counts[1]);
      assert.equal(counts[0]?.[0], String(RECORDS));
      t.diagnostic(`${killed} of ${kills} kills met it; ${stdout.split('\n').at(-2)}`);
      if (to.startsWith('sqlite')) {
        const env = { CHRONOLOGER_STORAGE_DSN: to };
        const check = await runCommand(['check'], { cwd, env });
        assert.equal(check.code, 0, check.stdout);
        assert.ok((await sizeOf(join(cwd, 'to.sqlite'))) > 1e6);
      }
    } finally {
      await rm(cwd, { recursive: true, force: true });
    }
  });
}

/** Without a limit of time: a busy machine is no failure. */
async function runToTheEnd(args: readonly string[], cwd: string) {
  return await startCommand(args, { cwd }).ended;
}
