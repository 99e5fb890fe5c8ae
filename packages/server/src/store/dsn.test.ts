import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDsn } from './dsn.ts';

for (const [dsn, path] of [
  ['sqlite:///chronologer.sqlite', 'chronologer.sqlite'],
  ['sqlite:////var/lib/logs.sqlite', '/var/lib/logs.sqlite'],
  ['SQLite:///x', 'x'],
  ['sqlite:///../up/x', '../up/x'],
  ['sqlite:///a%20b%2Fc%23%3F', 'a b/c#?'],
  ['sqlite:///%E2%82%AC', '€'],
  ['sqlite:///C:/logs', 'C:/logs'],
  ['sqlite:///file:x?'.slice(0, -1), './file:x'],
] as const) {
  test(`${dsn} is the file ${path}`, () => {
    assert.deepEqual(parseDsn(dsn), { scheme: 'sqlite', path });
  });
}

for (const [dsn, reason] of [
  ['', /no data source name/],
  ['chronologer.sqlite', /no data source name/],
  ['sqlite:/x', /no data source name/],
  ['sqlite://relative.sqlite', /no data source name/],
  ['sqlite:///x?mode=ro', /no data source name/],
  ['sqlite:///x#y', /no data source name/],
  ['postgresql://user:hunter2@host/db', /'postgresql' is no known kind of store; known: sqlite, mysql/],
  ['postgresql://host/db', /'postgresql' is no known kind of store; known: sqlite, mysql/],
  ['sqlite://host/x', /no host: three slashes/],
  ['sqlite:///', /path .* is missing/],
  ['sqlite:///a%00b', /path .* is missing/],
  ['sqlite:///%zz', /percent sign/],
  ['sqlite:///%ff', /percent sign/],
  ['sqlite:///:memory:', /in memory would be lost/],
] as const) {
  test(`'${dsn}' is refused, without its password`, () => {
    assert.throws(
      () => parseDsn(dsn),
      (error) => error instanceof Error && reason.test(error.message) && !error.message.includes('hunter2'),
    );
  });
}

test('every path can be written: percent-encoded it comes back', () => {
  const path = fc
    .string({ minLength: 1, unit: 'binary' })
    .filter((text) => text.isWellFormed() && !/[\0]/.test(text));
  fc.assert(
    fc.property(path, (text) => {
      fc.pre(text !== ':memory:' && !text.startsWith('file:'));
      assert.deepEqual(parseDsn(`sqlite:///${encodeURIComponent(text)}`), { scheme: 'sqlite', path: text });
      assert.deepEqual(parseDsn(`chdb:///${encodeURIComponent(text)}`), { scheme: 'chdb', folder: text });
    }),
  );
});
