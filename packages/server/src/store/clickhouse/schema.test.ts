import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import type { Names } from './database.ts';
import { migrations, statementsOf } from './schema.ts';
import { script } from './script.ts';

const printed = (names: Names) =>
  script(names)
    .map(({ name, sql }) => `-- migration ${name}\n${sql}`)
    .join('\n');
const golden = (name: string) => readFile(new URL(`./testing/${name}`, import.meta.url), 'utf8');

describe('what migrate runs', () => {
  test('on a cluster: replicated tables, one over all shards', async () => {
    assert.equal(printed({ database: 'logs', cluster: 'three_shards' }), await golden('cluster.sql'));
  });

  test('on one server', async () => {
    assert.equal(printed({ database: 'logs', cluster: undefined }), await golden('server.sql'));
  });

  test('every name in braces is filled in, but for the macros of a cluster and JSON', () => {
    for (const cluster of ['c', undefined]) {
      const text = printed({ database: 'logs', cluster });
      const left = new Set(text.match(/\{\w*\}/g));
      const due = cluster ? ['{}', '{shard}', '{database}', '{table}', '{replica}'] : ['{}'];
      assert.deepEqual([...left].sort(), due.sort());
    }
  });

  test('names are quoted', () => {
    assert.match(
      printed({ database: 'a`b\\', cluster: undefined }),
      /^-- migration 001-record\nCREATE DATABASE IF NOT EXISTS `a\\`b\\\\`;/,
    );
  });

  test('numbers count from 1, and the same file has the same checksum wherever it is run', () => {
    const [there, here] = [
      migrations({ database: 'x', cluster: 'c' }),
      migrations({ database: 'y', cluster: undefined }),
    ];
    assert.deepEqual(
      there.map(({ number }) => number),
      there.map((_, index) => index + 1),
    );
    assert.equal(there[0]?.checksum, here[0]?.checksum);
  });
});

test('statements end with semicolons; comments go, and in texts and names signs mean nothing', () => {
  const one = "INSERT INTO w VALUES ('one;\n\n-- two\n/* it\\'s */ it''s')";
  const two = 'SELECT `a;b`, "c--d"';
  assert.deepEqual(statementsOf(`-- don't;\n${one}; -- isn't\n${two} /* can't;\n */; ;SELECT 1 -- last;`), [
    one,
    two,
    'SELECT 1',
  ]);
});
