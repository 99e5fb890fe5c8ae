import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { IDS_OF_DAY, IdSequence, NODES } from './ids.ts';

/** The first id of an instant in milliseconds since 1970. */
const firstIdOf = (time: number) => (time - Date.UTC(2020, 0, 1)) * 4096;

const NOON = Date.UTC(2026, 0, 1, 12);

/** What may happen to a server: it gives out ids, its clock is set, or it ends and starts again. */
const anyEvent = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      take: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 2000 })),
    }),
  },
  { weight: 3, arbitrary: fc.record({ clock: fc.integer({ min: -100_000_000, max: 200_000_000 }) }) },
  { weight: 2, arbitrary: fc.record({ clock: fc.integer({ min: -2, max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ restart: fc.constant(true) }) },
);

describe('ids', () => {
  test('many servers, clocks that jump and restarts: no id twice, each server ascending, an insert in one day', () => {
    const anyHistory = fc.array(fc.tuple(fc.integer({ min: 0, max: NODES - 1 }), anyEvent), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(anyHistory, (history) => {
        const given = new Set<number>();
        let clock = NOON;
        const lasts = new Map<number, number>();
        const sequences = new Map<number, IdSequence>();
        for (const [node, event] of history) {
          if ('clock' in event) clock += event.clock;
          else if ('restart' in event) sequences.delete(node);
          else {
            const behind = lasts.get(node) ?? 0;
            const sequence = sequences.get(node) ?? new IdSequence(node, behind, () => clock);
            sequences.set(node, sequence);
            let last = behind;
            const ids = sequence.take(event.take);
            assert.equal(ids.length, event.take);
            for (const id of ids) {
              assert.ok(id > last && Number.isSafeInteger(id), `${id} behind ${last}`);
              assert.equal(Math.floor(id / 256) % NODES, node);
              assert.ok(!given.has(id));
              given.add(id);
              last = id;
            }
            assert.equal(Math.floor((ids[0] ?? 0) / IDS_OF_DAY), Math.floor(last / IDS_OF_DAY));
            assert.equal(sequence.last, last);
            lasts.set(node, last);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('a start goes on behind ids that were only noted as taken, whatever these are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: NODES - 1 }),
        fc.integer({ min: 0, max: firstIdOf(NOON) * 2 }),
        (node, behind) => {
          const [id = 0] = new IdSequence(node, behind, () => 0).take(1);
          assert.ok(id > behind && id <= behind + 2 * NODES * 256, `${id} behind ${behind}`);
        },
      ),
    );
  });

  test('the time of the clock, the node and the sequence', () => {
    const sequence = new IdSequence(3, 0, () => NOON + 0.7);
    assert.deepEqual(sequence.take(2), [firstIdOf(NOON) + 3 * 256, firstIdOf(NOON) + 3 * 256 + 1]);
  });

  test('a used-up sequence borrows the next millisecond', () => {
    const sequence = new IdSequence(15, 0, () => NOON);
    const ids = sequence.take(257);
    assert.deepEqual(
      [ids[0], ids[255], ids[256]],
      [0, 255, 4096].map((more) => firstIdOf(NOON) + 15 * 256 + more),
    );
  });

  test('an insert at midnight has its ids in the next day', () => {
    const midnight = Date.UTC(2026, 0, 2);
    const [first] = new IdSequence(0, 0, () => midnight - 1).take(300);
    assert.equal(first, firstIdOf(midnight));
  });

  test('a clock before 2020 gives ids from 0 on', () => {
    assert.deepEqual(new IdSequence(1, 0, () => 0).take(2), [256, 257]);
  });

  test('53 bits until 2089', () => {
    assert.ok(Number.isSafeInteger(firstIdOf(Date.UTC(2089, 8, 1))));
  });
});
