/**
 * Made the sample of format version 1 (docs/format.md): `node test/data/format/make.ts FILE.sqlite`. A later version gets
 * a sample of its own; those that are there are never made anew, for they stand for the databases that people have.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { LogRecord } from '@chronologer/record';
import { SqliteEngine } from '../../../packages/server/src/store/sqlite/engine.ts';
import { SqliteWriter } from '../../../packages/server/src/store/sqlite/writer.ts';

const NAMES = ['', 'app', 'app.web', 'a_b', "it's", 'nul\0here', '日本', '\u{10ffff}'];
const TIMES = [-62_135_596_800_000_000, -1, 0, 1, 2 ** 52, 253_402_300_799_999_968];
const MESSAGES = ['', 'say "hi"', 'nul\0', 'back\\slash', 'zwei\nZeilen', '\u{1f600}'];
const LOGRECS = ['{}', '{"data": {"x": 1e400, "y": -0.0, "z": 12345678901234567890}}', '{"meta": {"k": "\\u00e9é"}}'];

function pick<T>(of: readonly T[], index: number): T {
  const found = of[index % of.length];
  if (found === undefined) throw new Error('there is nothing to pick');
  return found;
}

/** Every so often one that is out of the ordinary. */
function record(index: number): LogRecord {
  const isOdd = index % 10 === 0;
  return {
    name: isOdd ? pick(NAMES, index / 10) : `shop.part${index % 4}`,
    ts: isOdd ? pick(TIMES, index / 10) : 1_767_225_600_000_000 + index * 1_234_567,
    level: isOdd ? pick([-(2 ** 31), -1, 0, 2 ** 31 - 1], index / 10) : pick([10, 20, 20, 30], index),
    message: isOdd ? pick(MESSAGES, index / 10) : `request ${index} done in ${(index * 37) % 500} ms`,
    logrec: isOdd ? pick(LOGRECS, index / 10) : `{"data": {"lineno": ${index % 90}, "user": "u${index % 50}"}}`,
  };
}

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: make.ts FILE.sqlite');
rmSync(file, { force: true });
// Small pages: the tables, most of them nearly empty, have one each at least.
const fresh = new DatabaseSync(file);
fresh.exec('PRAGMA page_size = 1024; PRAGMA auto_vacuum = 2; VACUUM');
fresh.close();
const engine = new SqliteEngine(file, file);
engine.migrate(() => undefined);
const writer = new SqliteWriter(file, { large: 20, enough: 20, block: 420 });
let next = 0;
const insert = (count: number) => {
  writer.insert([Array.from({ length: count }, () => record(next++))]);
};
// A block that retention cut, merged with two behind it (their frames joined), one that stands alone, and recent rows.
insert(30);
writer.purge(6);
for (const count of [180, 1, 190, 60]) insert(count);
while (writer.tidy(0));
insert(15);
writer.close();
const whole = new DatabaseSync(file);
whole.exec('PRAGMA wal_checkpoint(TRUNCATE); VACUUM; PRAGMA journal_mode = DELETE');
whole.close();

const reader = engine.openReader();
const expected: string[] = [];
for (let id = 1; id <= next; id++) {
  const found = reader.get(id);
  if (found !== undefined) expected.push(new TextDecoder().decode(found));
}
reader.close();
writeFileSync(file.replace(/sqlite$/, 'expected.ndjson'), expected.map((line) => `${line}\n`).join(''));
