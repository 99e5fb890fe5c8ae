import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAuthfile } from './authfile-entries.ts';

const BOB = {
  username: 'bob',
  pbkdf2: '81e45198e1af9b6cc7ed722e3e9a8997e50a93e6652062d2a97811040bdfe523',
  hashname: 'sha256',
  salt: 'c0139cff',
  iterations: 32,
  roles: ['writer'],
};

function parse(...entries: readonly unknown[]) {
  return parseAuthfile(JSON.stringify(entries));
}

test('an entry is a user and how the password was hashed', () => {
  assert.deepEqual(parse({ ...BOB, comment: 'of the shop' }).get('bob'), {
    user: { username: 'bob', roles: new Set(['writer']) },
    hash: { hashname: 'sha256', salt: 'c0139cff', iterations: 32, key: Buffer.from(BOB.pbkdf2, 'hex') },
  });
  assert.equal(parse().size, 0);
});

test('digits and the hash may be in upper case', () => {
  const upper = { ...BOB, pbkdf2: BOB.pbkdf2.toUpperCase(), hashname: 'SHA256' };
  assert.deepEqual(parse(upper), parse(BOB));
});

const BAD: readonly (readonly [field: keyof typeof BOB, value: unknown, reason: RegExp])[] = [
  ['username', 1, /^entry 2: username: a text without a colon is due$/],
  ['username', '', /^entry 2 \(''\): username: a text/],
  ['username', 'a:b', /^entry 2 \('a:b'\): username: a text/],
  ['pbkdf2', BOB.pbkdf2.slice(2), /^entry 2 \('bob'\): pbkdf2: 64 hexadecimal digits are due$/],
  ['pbkdf2', `${BOB.pbkdf2.slice(1)}g`, /pbkdf2: 64 hexadecimal digits are due$/],
  ['hashname', 'crc32', /hashname: one of md5, sha1, .+ is due$/],
  ['hashname', 'sha512', /pbkdf2: 128 hexadecimal digits are due$/],
  ['salt', null, /salt: a text is due$/],
  ['iterations', 0, /iterations: an integer from 1 to 2147483647 is due$/],
  ['iterations', 1.5, /iterations: an integer/],
  ['iterations', '32', /iterations: an integer/],
  ['roles', 'writer', /roles: a list of texts is due$/],
  ['roles', [1], /roles: a list of texts is due$/],
];
for (const [field, value, message] of BAD) {
  test(`${field} ${JSON.stringify(value)?.slice(0, 12)} is refused by entry, user and field`, () => {
    assert.throws(() => parse({ ...BOB, username: 'zoe' }, { ...BOB, [field]: value }), { message });
  });
}

test('each field has to be there', () => {
  for (const field of Object.keys(BOB)) {
    const entry = Object.fromEntries(Object.entries(BOB).filter(([name]) => name !== field));
    assert.throws(() => parse(entry), { message: new RegExp(`^entry 1.*: ${field} is missing$`) });
  }
});

test('a name twice, an entry that is no object, and a file that is no list are refused', () => {
  assert.throws(() => parse(BOB, BOB), { message: "entry 2: there is a user 'bob' before it" });
  for (const entry of [null, 'bob', ['bob']])
    assert.throws(() => parse(entry), { message: 'entry 1: an object is due' });
  assert.throws(() => parseAuthfile(JSON.stringify(BOB)), { message: 'a JSON list of users is due' });
});

test('a message never repeats what the file holds, but for names', () => {
  assert.throws(() => parseAuthfile(`[{"pbkdf2": "${BOB.pbkdf2}",]`), { message: 'it is no JSON' });
});

test('any JSON is taken or refused with a message', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ ...mayBe(BOB) }, { requiredKeys: [] })), (entries) => {
      try {
        assert.ok(parse(...entries).size === entries.length);
      } catch (error) {
        assert.match(error instanceof Error ? error.message : '', /^entry \d+/);
      }
    }),
  );
});

/** Each field right or anything. */
function mayBe(entry: typeof BOB) {
  return Object.fromEntries(
    Object.entries(entry).map(([name, value]) => [name, fc.oneof(fc.constant(value), fc.jsonValue())]),
  );
}
