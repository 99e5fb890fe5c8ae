import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { secretFrom } from './secret.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chronologer-secret-'));
  file = join(folder, 'x.secret');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a secret is made once, of 32 random bytes, readable by its owner alone', () => {
  const first = secretFrom(file);
  assert.equal(first.made, true);
  assert.equal(Buffer.from(first.secret, 'base64url').length, 32);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['x.secret']);
  assert.deepEqual(secretFrom(file), { secret: first.secret, made: false });
  assert.notEqual(secretFrom(join(folder, 'y.secret')).secret, first.secret);
});

test('white space around a secret that somebody wrote does not count', () => {
  writeFileSync(file, '  of my own \r\n');
  assert.deepEqual(secretFrom(file), { secret: 'of my own', made: false });
});

for (const rest of ['', '\n']) {
  test(`a file with ${JSON.stringify(rest)}, as a power cut may leave it, is made anew`, () => {
    writeFileSync(file, rest);
    const { secret, made } = secretFrom(file);
    assert.ok(made && secret.length > 40);
    assert.equal(readFileSync(file, 'utf8').trim(), secret);
  });
}

test('a folder that does not exist is an error', () => {
  assert.throws(() => secretFrom(join(folder, 'none', 'x.secret')), { code: 'ENOENT' });
});

test('what cannot be read is an error, and is not replaced', () => {
  mkdirSync(file);
  assert.throws(() => secretFrom(file), { code: 'EISDIR' });
  assert.deepEqual(readdirSync(folder), ['x.secret']);
});
