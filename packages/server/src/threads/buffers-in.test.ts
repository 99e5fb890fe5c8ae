import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buffersIn } from './buffers-in.ts';

test('each memory once, however deep and however often it is there', () => {
  const [shared, own] = [new ArrayBuffer(16), new ArrayBuffer(8)];
  const data = {
    times: new Float64Array(shared, 0, 1),
    kinds: [{ name: 'n', level: 1 }, null, undefined],
    frames: [{ packed: new Uint8Array(shared, 8) }, { packed: new Uint8Array(own) }],
  };
  assert.deepEqual(new Set(buffersIn(data)), new Set([shared, own]));
  assert.equal(buffersIn(data).length, 2);
  structuredClone(data, { transfer: buffersIn(data) });
  assert.deepEqual([shared.byteLength, own.byteLength], [0, 0]);
});

test('nothing in what has no memory', () => {
  for (const data of [undefined, null, 1, 'text', [], {}]) assert.deepEqual(buffersIn(data), []);
});
