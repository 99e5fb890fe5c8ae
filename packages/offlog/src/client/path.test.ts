import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { absolutePath } from './path.ts';

const text = (path: Buffer) => path.toString();

test('paths become absolute and plain', () => {
  assert.equal(text(absolutePath('/a/./b/../c.log')), '/a/c.log');
  assert.equal(text(absolutePath('täxt.log')), `${process.cwd()}/täxt.log`);
  assert.equal(text(absolutePath(pathToFileURL('/a b/ü.log'))), '/a b/ü.log');
  assert.equal(text(absolutePath(Buffer.from('x/../y.log'))), `${process.cwd()}/y.log`);
});

test('bytes that are no UTF-8 stay what they are', () => {
  const path = Buffer.from('/tmp/\xff\xfe\xc3.log', 'latin1');
  assert.deepEqual(absolutePath(path), path);
});

test('what no daemon takes is refused', () => {
  assert.throws(() => absolutePath('/a\0b'), {
    name: 'ValueError',
    message: 'embedded null byte in filepath',
  });
  assert.throws(() => absolutePath(`/${'x'.repeat(4096)}`), {
    name: 'ValueError',
    message: 'path longer than PATH_MAX',
  });
  assert.equal(absolutePath(`/${'x'.repeat(4095)}`).length, 4096);
  assert.throws(() => absolutePath(5 as unknown as string), TypeError);
  assert.throws(() => absolutePath(new URL('http://a/b')), { code: 'ERR_INVALID_URL_SCHEME' });
});
