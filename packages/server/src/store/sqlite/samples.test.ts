import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { VERSION } from './blocks/part.ts';
import { SqliteEngine } from './engine.ts';
import { temporaryFolder } from './temporary.ts';

const FOLDER = new URL('../../../../../test/data/format/', import.meta.url);
const SAMPLES = readdirSync(FOLDER).filter((file) => file.endsWith('.sqlite'));

/** A copy, as a new start would take it over. */
async function opened(sample: string) {
  const folder = await temporaryFolder();
  const file = join(folder.path, sample);
  copyFileSync(new URL(sample, FOLDER), file);
  const engine = new SqliteEngine(file, sample);
  engine.migrate(() => undefined);
  engine.checkSchema();
  return { file, engine, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

describe('samples of each version of the format', () => {
  test('there is one of the version that is written', () => {
    assert.ok(SAMPLES.includes(`version-${VERSION}.sqlite`), `${SAMPLES}`);
  });

  for (const sample of SAMPLES) {
    const expected = readFileSync(new URL(sample.replace(/sqlite$/, 'expected.ndjson'), FOLDER), 'utf8')
      .trimEnd()
      .split('\n');

    test(`${sample}: every record is read as it was written, and what was written on is behind it`, async () => {
      await using copy = await opened(sample);
      const reader = copy.engine.openReader();
      const text = new TextDecoder();
      const idOf = (line: string) => Number(/, "id": (\d+)\}$/.exec(line)?.[1]);
      for (const line of expected) assert.equal(text.decode(reader.get(idOf(line))), line);
      const page = reader.page({ names: [] }, { skip: 0, take: 1000 }, 1e7);
      assert.equal(text.decode(page.bytes), expected.toReversed().join(', '));
      assert.equal(reader.count({ names: [] }), expected.length);
      const query = `message IN (SELECT message FROM record) AND json_valid(logrec) AND typeof(ts) = 'integer'`;
      assert.equal(reader.count({ names: [], query }), expected.length);
      const writer = copy.engine.openWriter();
      const record = { name: 'n', ts: 0, level: 0, message: '', logrec: '{}' };
      const [[id] = []] = writer.insert([Array.from({ length: 300 }, () => record)]);
      assert.ok((id ?? 0) > idOf(expected.at(-1) ?? ''));
      assert.equal(reader.count({ names: [] }), expected.length + 300);
      while (writer.tidy(0));
      for (const line of expected) assert.equal(text.decode(reader.get(idOf(line))), line);
      assert.deepEqual(reader.takeWarnings(), []);
      writer.close();
      reader.close();
    });
  }

  for (const table of ['block_head', 'block_message', 'block_logrec']) {
    test(`a part of a later version in ${table} is refused by its number, and costs its own block alone`, async () => {
      await using copy = await opened(`version-${VERSION}.sqlite`);
      const database = new DatabaseSync(copy.file);
      database.exec(`UPDATE ${table} SET part = CAST(x'07' || substr(part, 2) AS BLOB)
        WHERE first_id = (SELECT min(first_id) FROM block)`);
      const gone = Number(database.prepare('SELECT count FROM block ORDER BY first_id').get()?.count);
      database.close();
      const reader = copy.engine.openReader();
      assert.equal(
        reader.page({ names: [] }, { skip: 0, take: 1000 }, 1e7).count + gone,
        reader.count({ names: [] }),
      );
      const [warning = ''] = reader.takeWarnings();
      assert.match(warning, /^The records \d+ to \d+ are left out, .*: its version is 7, not 1$/);
      reader.close();
    });
  }
});
