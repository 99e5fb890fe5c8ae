import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SingleUser } from './single-user.ts';

test('the one user is known by name and password', () => {
  const users = new SingleUser('zoë', 'pässword', ['writer', 'writer', 'something']);
  const user = users.verify('zoë', 'pässword');
  assert.deepEqual(user, { username: 'zoë', roles: new Set(['writer', 'something']) });
  assert.equal(users.find('zoë'), user);
});

test('an empty password is one, too', () => {
  const users = new SingleUser('logger', '', []);
  assert.equal(users.verify('logger', '')?.username, 'logger');
  assert.equal(users.verify('logger', 'x'), undefined);
});

test('nobody else is: not by another name or password, nor when only both together are the same text', () => {
  const users = new SingleUser('ab', 'c', ['writer']);
  for (const [name, password] of [
    ['ab', ''],
    ['ab', 'C'],
    ['AB', 'c'],
    ['a', 'bc'],
    ['abc', ''],
    ['', 'abc'],
    ['2 ab', 'c'],
  ] as const) {
    assert.equal(users.verify(name, password), undefined, `${name}:${password}`);
  }
  assert.equal(users.find('a'), undefined);
});

test('exactly the same credentials are right', () => {
  const users = new SingleUser('1 a', 'b', []);
  fc.assert(
    fc.property(fc.constantFrom('1 a', '1', 'a', ' a', ''), fc.string({ maxLength: 3 }), (name, password) => {
      assert.equal(users.verify(name, password) !== undefined, name === '1 a' && password === 'b');
    }),
  );
});
