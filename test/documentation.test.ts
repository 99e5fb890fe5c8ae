import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { between, documents } from '../docs/generate.ts';

for (const { file, text } of documents()) {
  test(`${file.pathname.split('/').slice(-2).join('/')} is up to date`, () => {
    assert.equal(readFileSync(file, 'utf8'), text, 'run "npm run docs"');
  });
}

test('a generated text takes the place of the one before, and nothing else', () => {
  const page = 'a\n<!-- x -->\n<!-- /x -->\nb <!-- y --><!-- /y -->';
  const once = between(page, 'x', 'first $& $1');
  assert.equal(once, 'a\n<!-- x -->\nfirst $& $1\n<!-- /x -->\nb <!-- y --><!-- /y -->');
  assert.equal(between(between(once, 'x', 'second'), 'x', 'first $& $1'), once);
  assert.throws(() => between(page, 'z', ''), /no <!-- z -->/);
});
