import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SendBuffer } from './send-buffer.ts';

const data = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array({ maxLength: 100 }),
  fc.integer({ min: 0, max: 400_000 }).map((length) => 'é'.repeat(length)),
  fc.integer({ min: 0, max: 400_000 }).map((length) => new Uint8Array(length).fill(7)),
);

/** How much a kernel takes, in turn and then from the start; 0 means that it is full. */
const kernel = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 300_000 })));

test('what was added comes out once and in order, however little the kernel takes', () => {
  fc.assert(
    fc.property(fc.array(data), kernel, (pieces, takes) => {
      const buffer = new SendBuffer();
      const due: Buffer[] = [];
      const sent: Buffer[] = [];
      let turn = 0;
      const send = (bytes: Buffer, start: number, length: number) => {
        const taken = Math.min(length, takes[turn++ % (takes.length + 1)] ?? 100_000);
        sent.push(Buffer.from(bytes.subarray(start, start + taken)));
        return taken;
      };
      let added = 0;
      for (const piece of pieces) {
        due.push(Buffer.from(piece as string));
        buffer.add(piece);
        // The caller may go on using its bytes.
        if (piece instanceof Uint8Array) piece.fill(8);
        added += Buffer.byteLength(piece);
        const left = added - Buffer.concat(sent).length;
        assert.ok(buffer.sizeAtLeast <= left && left <= buffer.sizeAtMost);
        const done = buffer.sendTo(send);
        assert.equal(buffer.isEmpty, done);
        assert.equal(buffer.size, added - Buffer.concat(sent).length);
      }
      while (!buffer.sendTo(send));
      assert.equal(buffer.size, 0);
      assert.ok(Buffer.concat(due).equals(Buffer.concat(sent)));
    }),
    { numRuns: 200 },
  );
});

test('an error of the kernel leaves what was not sent', () => {
  const buffer = new SendBuffer();
  buffer.add('abc');
  const fails = () => {
    throw new Error('broken');
  };
  assert.throws(() => buffer.sendTo(fails), /broken/);
  assert.equal(buffer.size, 3);
  buffer.clear();
  assert.equal(buffer.isEmpty, true);
});
