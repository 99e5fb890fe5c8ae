import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DamagedBlock } from './damaged.ts';
import { decodeHead, encodeHead } from './head.ts';
import { decodeKinds, encodeKinds } from './kinds.ts';
import { pack, unpack } from './part.ts';
import { decodeTexts, TextsWriter, textAt } from './texts.ts';

const anyBytes = fc.uint8Array({ maxLength: 300 });
const anyId = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const anyTime = fc.oneof(
  fc.integer({ min: 1_700_000_000_000_000, max: 1_700_000_100_000_000 }),
  fc.constantFrom(
    0,
    -1,
    2 ** 52,
    -(2 ** 52),
    2 ** 53 - 1,
    253_402_300_800 * 1e6 - 32,
    -62_135_596_800_000_000,
  ),
);

describe('the parts of a block', () => {
  test('heads come back as they were', () => {
    const anyRow = fc.record({ id: anyId, time: anyTime, kind: fc.nat(300) });
    const anyRows = fc.uniqueArray(anyRow, { maxLength: 50, selector: ({ id }) => id });
    fc.assert(
      fc.property(anyRows, (rows) => {
        rows.sort((a, b) => a.id - b.id);
        const head = {
          ids: Float64Array.from(rows, ({ id }) => id),
          times: Float64Array.from(rows, ({ time }) => time),
          kinds: Uint32Array.from(rows, ({ kind }) => kind),
        };
        assert.deepEqual(decodeHead(encodeHead(head), 301), head);
      }),
    );
  });

  test('kinds come back as they were', () => {
    const anyKind = fc.record(
      {
        level: fc.oneof(fc.integer(), fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER)),
        name: fc.oneof(fc.constantFrom('', 'a', 'nul\0', '\u{10ffff}'), fc.string({ unit: 'grapheme' })),
        count: anyId,
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(anyKind), (kinds) => {
        assert.deepEqual(decodeKinds(encodeKinds(kinds)), kinds);
      }),
    );
  });

  test('texts come back as they were, a lone surrogate as U+FFFD', () => {
    const writer = new TextsWriter(0);
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
        for (const text of texts) writer.add(text);
        const decoded = decodeTexts(writer.take());
        assert.equal(decoded.count, texts.length);
        texts.forEach((text, index) => {
          assert.equal(textAt(decoded, index), text.toWellFormed());
        });
      }),
    );
  });

  test('packing and unpacking, of every size that a frame tells in another way', () => {
    for (const size of [0, 1, 11, 255, 256, 257, 65_791, 65_792, 65_793, 1_000_000]) {
      const bytes = Buffer.alloc(size, 'a line of the log\n');
      assert.ok(unpack(pack(bytes)).equals(bytes), `${size} bytes`);
    }
  });
});

describe('damage', () => {
  test('any other bit of a packed part is noticed', () => {
    const part = pack(Buffer.from('three little words, three little words and some more'));
    for (let bit = 0; bit < part.length * 8; bit++) {
      const damaged = Buffer.from(part);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      // A bit that says nothing (of the window's size, say) may change and nothing is lost.
      try {
        assert.ok(unpack(damaged).equals(unpack(part)), `bit ${bit}`);
      } catch (error) {
        assert.ok(error instanceof DamagedBlock, `bit ${bit}: ${error}`);
      }
    }
  });

  test('a part that is cut off anywhere is noticed', () => {
    const part = pack(Buffer.alloc(5000, 'abc'));
    for (let length = 0; length < part.length; length++) {
      assert.throws(() => unpack(part.subarray(0, length)), DamagedBlock, `${length} bytes`);
    }
  });

  test('a later version is refused by its number', () => {
    const part = pack(Buffer.from('x'));
    part[0] = 7;
    assert.throws(() => unpack(part), /version is 7, not 1/);
  });

  test('any bytes are read or refused, with no memory asked for beyond their length', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        for (const decode of [decodeKinds, decodeTexts, (each: Buffer) => decodeHead(each, 5)]) {
          try {
            decode(Buffer.from(bytes));
          } catch (error) {
            assert.ok(error instanceof DamagedBlock, String(error));
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
