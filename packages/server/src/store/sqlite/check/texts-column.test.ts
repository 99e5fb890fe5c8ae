import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DamagedBlock } from '../blocks/damaged.ts';
import { joinFrames } from '../blocks/frames.ts';
import { compress } from '../blocks/part.ts';
import { TextsWriter, textAt } from '../blocks/texts.ts';
import { readTextsColumn } from './texts-column.ts';

/** Frames of so many texts each; each text tells its place in the block. */
function framesOf(sizes: readonly number[]) {
  const writer = new TextsWriter(100);
  let place = 0;
  return sizes.map((count) => {
    for (let index = 0; index < count; index++) writer.add(`text ${place++}`);
    return { count, packed: new Uint8Array(compress(writer.take())) };
  });
}

/** What can happen to a part: a bit anywhere, one of the list or of a frame's first bytes; an end that is missing. */
const anyDamage = fc.oneof(
  fc.record({ kind: fc.constant('bit' as const), at: fc.nat(), bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('list' as const), at: fc.nat(), bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('begin' as const), at: fc.nat(), bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), bit: fc.nat(1) }),
);

test('whatever happens to a part, a text is told for its own record or not at all', () => {
  const anySizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(anySizes, fc.array(anyDamage, { maxLength: 3 }), (sizes, damages) => {
      const frames = framesOf(sizes);
      const count = sizes.reduce((sum, size) => sum + size, 0);
      let part = joinFrames(frames);
      const lengths = frames.map(({ packed }) => packed.length);
      const list = part.length - lengths.reduce((sum, length) => sum + length, 0);
      const begins = lengths.map((_, frame) =>
        lengths.slice(0, frame).reduce((sum, each) => sum + each, list),
      );
      for (const { kind, at, bit } of damages) {
        const begin = begins[at % begins.length] ?? 0;
        if (kind === 'cut') part = part.subarray(0, bit === 0 ? begin : list + (at % part.length));
        else {
          const all = { bit: 1 + (at % (part.length - 1)), list: 1 + (at % (list - 1)), begin }[kind];
          if (all < part.length) part[all] = (part[all] ?? 0) ^ (1 << bit);
        }
      }
      const { placed, fault } = readTextsColumn(part, count);
      if (damages.length === 0) assert.equal(fault, undefined);
      let told = 0;
      for (const { start, texts } of placed) {
        assert.ok(start >= told, 'in order, none twice');
        for (let index = 0; index < texts.count; index++) {
          assert.equal(textAt(texts, index), `text ${start + index}`);
        }
        told = start + texts.count;
      }
      if (fault === undefined)
        assert.equal(
          placed.reduce((sum, { texts }) => sum + texts.count, 0),
          count,
        );
    }),
    { numRuns: 5000 },
  );
});

/** A part whose list says something else, and whose frames are these. */
const withList = (list: readonly number[], frames: readonly Uint8Array[]) =>
  Buffer.concat([Buffer.of(1, ...list), ...frames]);
const starts = (part: Buffer, count: number) => readTextsColumn(part, count).placed.map(({ start }) => start);

test('a part whose list is damaged, and a frame: what lies before and behind it is certain', () => {
  const [a, b, c] = framesOf([2, 3, 4]).map(({ packed }) => packed);
  assert.ok(a && b && c);
  const broken = b.with(20, (b[20] ?? 0) ^ 1);
  // The first count is wrong, so that the list cannot be right; how many frames there are, it can.
  const list = [3, 9, a.length, 3, b.length, 4, c.length];
  assert.deepEqual(starts(withList(list, [a, b, c]), 9), [0, 2, 5]);
  assert.deepEqual(starts(withList(list, [a, broken, c]), 9), [0, 5]);
  // The number of frames is another: what is behind the damaged one may be followed by some that are missing.
  assert.deepEqual(starts(withList([4, ...list.slice(1), 9, 9], [a, broken, c]), 9), [0]);
  // The first one may be missing.
  assert.deepEqual(starts(withList(list, [Buffer.alloc(5), b, broken]), 9), []);
});

test('a frame with more behind it than it is long may hide another one: nothing behind it is certain', () => {
  const [a, b, c, d] = framesOf([2, 3, 2, 4]).map(({ packed }) => packed);
  assert.ok(a && b && c && d);
  const list = [4, 9, a.length, 3, b.length, 2, c.length, 4, d.length];
  const broken = d.with(20, (d[20] ?? 0) ^ 1);
  // Were the first frame taken with the second one as its tail, the third would come in the place of the second.
  assert.deepEqual(starts(withList(list, [a, b.with(0, 0), c, broken]), 11), []);
  assert.deepEqual(starts(withList(list, [a, b, c, broken]), 11), [0, 2, 5]);
});

test('two counts in the list that are wrong by as much, and a frame that cannot be read', () => {
  const [a, b, c] = framesOf([2, 3, 2]).map(({ packed }) => packed);
  assert.ok(a && b && c);
  const broken = c.with(20, (c[20] ?? 0) ^ 1);
  assert.deepEqual(starts(withList([3, 3, a.length, 3, b.length, 1, c.length], [a, b, broken]), 7), [0, 2]);
});

test('another version is refused', () => {
  assert.throws(() => readTextsColumn(Buffer.of(2, 0), 0), DamagedBlock);
});
