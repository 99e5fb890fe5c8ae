import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DamagedBlock } from './damaged.ts';
import { Frames, FramesWriter, gatherFrames, joinFrames } from './frames.ts';
import { textAt } from './texts.ts';

const SIZE = { texts: 512, bytes: 327_680 };

/** Frames as blocks of these numbers of texts have them; each text tells its place. */
function framesOf(counts: readonly number[], length = 0) {
  let place = 0;
  const text = () => `${place++}:é${'x'.repeat(length)}`;
  const frames = counts.flatMap((count) => {
    const writer = new FramesWriter(SIZE);
    for (let index = 0; index < count; index++) writer.add(text());
    return writer.take();
  });
  return { frames, total: place };
}

describe('frames that are gathered', () => {
  test('have the same texts in the same order, no more frames, and none that is too large', () => {
    const anyCounts = fc.array(fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 600 })), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(anyCounts, fc.constantFrom(0, 50, 3000), (counts, length) => {
        const { frames, total } = framesOf(counts, length);
        const gathered = gatherFrames(frames, SIZE);
        assert.ok(gathered.length <= frames.length);
        assert.ok(gathered.every(({ count }) => count <= SIZE.texts));
        const read = new Frames(joinFrames(gathered));
        assert.equal(read.count, total);
        for (let place = 0; place < total; place++) {
          const frame = read.find(place);
          const found = textAt(read.unpack(frame), place - read.start(frame));
          assert.ok(found.startsWith(`${place}:é`), found.slice(0, 20));
        }
      }),
    );
  });

  test('those that are a third full are left as they are, between them too', () => {
    const counts = (all: readonly number[]) =>
      gatherFrames(framesOf(all).frames, SIZE).map(({ count }) => count);
    assert.deepEqual(counts([170, 170, 170, 170]), [510, 170]);
    assert.deepEqual(counts([171, 20, 171, 20, 30, 512, 9]), [171, 20, 171, 50, 512, 9]);
    const { frames } = framesOf([171, 300]);
    assert.deepEqual(gatherFrames(frames, SIZE), frames);
    // By their bytes these are nearly half full.
    const { frames: long } = framesOf([50, 50, 50], 3000);
    assert.deepEqual(gatherFrames(long, SIZE), long);
  });

  test('damage in one that is unpacked is noticed', () => {
    const { frames } = framesOf([20, 20], 50);
    const packed = Uint8Array.from(frames[1]?.packed ?? []);
    packed[packed.length - 1] = (packed.at(-1) ?? 0) ^ 1;
    const damaged = frames.map((frame, index) => (index === 1 ? { ...frame, packed } : frame));
    assert.throws(() => gatherFrames(damaged, SIZE), DamagedBlock);
  });
});
