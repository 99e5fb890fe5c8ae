import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { basicCredentials } from './basic.ts';

const encoded = (text: string | Uint8Array) => Buffer.from(text).toString('base64');

test('no header is no credentials', () => {
  assert.equal(basicCredentials(undefined), undefined);
});

test('the password begins behind the first colon', () => {
  assert.deepEqual(basicCredentials(`Basic ${encoded('bob:a:b')}`), { username: 'bob', password: 'a:b' });
  assert.deepEqual(basicCredentials(`Basic ${encoded(':')}`), { username: '', password: '' });
});

test('the scheme is taken in any case', () => {
  assert.deepEqual(basicCredentials(`bAsIc ${encoded('a:b')}`), { username: 'a', password: 'b' });
});

for (const [what, header] of [
  ['nothing', ''],
  ['a scheme alone', 'Basic'],
  ['no credentials', 'Basic '],
  ['another scheme', `Bearer ${encoded('a:b')}`],
  ['two blanks', `Basic  ${encoded('a:b')}`],
  ['text behind', `Basic ${encoded('a:b')} x`],
  ['no base64', 'Basic a:b'],
  ['padding left out', `Basic ${encoded('ab:cd').replace(/=+$/, '')}`],
  ['base64url', `Basic ${encoded(Buffer.from([0x61, 0x3a, 0xc3, 0xbf, 0xc3, 0xbe])).replace('/', '_')}-`],
  ['no colon', `Basic ${encoded('bob')}`],
  ['Latin-1', `Basic ${encoded(Buffer.from('bob:\xe9', 'latin1'))}`],
] as const) {
  test(`${what} is a 400`, () => {
    assert.throws(() => basicCredentials(header), { name: 'ApiError', status: 400, type: 'HTTPError' });
  });
}

test('any name without a colon and any password come through', () => {
  const name = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes(':'));
  fc.assert(
    fc.property(name, fc.string({ unit: 'grapheme' }), (username, password) => {
      const header = `Basic ${encoded(`${username}:${password}`)}`;
      assert.deepEqual(basicCredentials(header), { username, password });
    }),
  );
});

test('a header of the greatest length is refused in no time', () => {
  const started = performance.now();
  assert.throws(() => basicCredentials(`Basic ${'A'.repeat(131_072)}!`), { status: 400 });
  assert.ok(performance.now() - started < 1000);
});
