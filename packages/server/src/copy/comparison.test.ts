import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Portion, StoredRecord, Stretch } from '../store/store.ts';
import { Comparison } from './comparison.ts';
import type { Readable } from './upwards.ts';

const record = (id: number, message = 'm'): StoredRecord => ({
  ...{ id, name: 'n', ts: 5, level: 20 },
  ...{ message, logrec: '{}' },
});

/** A store that gives two records at a time. */
function readable(records: readonly StoredRecord[]): Readable {
  return {
    upwards({ from, to }: Stretch): Portion {
      const inside = records.filter(({ id }) => id >= from && id <= to);
      const taken = inside.slice(0, 2);
      // Records with the same id are in one portion, as a store gives them that has an id twice.
      while (taken.length < inside.length && inside[taken.length]?.id === taken.at(-1)?.id)
        taken.push(...inside.slice(taken.length, taken.length + 1));
      const last = taken.at(-1);
      return taken.length < inside.length && last
        ? { records: taken, next: last.id + 1 }
        : { records: taken };
    },
  };
}

async function compared(source: readonly StoredRecord[], target: readonly StoredRecord[]) {
  const comparison = new Comparison();
  const sides = { source: readable(source), target: readable(target) };
  assert.ok(await comparison.compare(sides, { from: 0, to: 1000 }, () => true));
  return comparison;
}

describe('two sides are compared', () => {
  test('any two: what is said to differ is what differs', async () => {
    const anySide = fc
      .uniqueArray(fc.tuple(fc.nat(30), fc.constantFrom('a', 'b')), { selector: ([id]) => id, maxLength: 20 })
      .map((all) => all.sort(([one], [other]) => one - other).map(([id, message]) => record(id, message)));
    await fc.assert(
      fc.asyncProperty(anySide, anySide, async (source, target) => {
        const comparison = await compared(source, target);
        const [one, other] = [source, target].map((side) => new Map(side.map((each) => [each.id, each])));
        const due: string[] = [];
        for (const id of [...new Set([...source, ...target].map((each) => each.id))].sort((a, b) => a - b)) {
          const [here, there] = [one?.get(id), other?.get(id)];
          if (here === undefined) due.push(`${id} is only in the target`);
          else if (there === undefined) due.push(`${id} is missing in the target`);
          else if (here.message !== there.message) due.push(`${id} is not the same`);
        }
        assert.equal(comparison.differing, due.length);
        assert.equal(
          comparison.told(100),
          [...due.slice(0, 20), ''].slice(0, due.length).join(', ') + rest(due),
        );
        assert.deepEqual([comparison.source.count, comparison.target.count], [source.length, target.length]);
        assert.equal(comparison.source.sha256 === comparison.target.sha256, due.length === 0);
      }),
    );
  });

  const rest = (due: readonly string[]) => (due.length > 20 ? ` and ${due.length - 20} more` : '');

  for (const [what, change] of [
    ['name', { name: 'o' }],
    ['time', { ts: 6 }],
    ['level', { level: 21 }],
    ['message', { message: 'M' }],
    ['text of logrec', { logrec: '{ }' }],
  ] as const) {
    test(`another ${what} is a difference, and another checksum`, async () => {
      const comparison = await compared([record(1), record(2)], [record(1), { ...record(2), ...change }]);
      assert.equal(comparison.told(), '2 is not the same');
      assert.notEqual(comparison.source.sha256, comparison.target.sha256);
    });
  }

  test('an id that the target has twice is told', async () => {
    const comparison = await compared([record(1), record(2)], [record(1), record(2), record(2)]);
    assert.equal(comparison.told(), '2 is twice in the target');
  });

  test('of many differences the first are told, and how many there are', async () => {
    const comparison = await compared(
      Array.from({ length: 30 }, (_, id) => record(id)),
      [],
    );
    assert.equal(comparison.differing, 30);
    assert.match(
      comparison.told(),
      /^0 is missing in the target, .*, 19 is missing in the target and 10 more$/,
    );
    assert.match(comparison.told(1), /^0 is missing in the target and 29 more$/);
  });

  test('stretches behind each other have the checksum of all, as it is documented', async () => {
    const records = [record(1), record(2, 'ä"'), record(900)];
    const comparison = new Comparison();
    const sides = { source: readable(records), target: readable(records) };
    assert.ok(await comparison.compare(sides, { from: 0, to: 1 }, () => true));
    assert.ok(await comparison.compare(sides, { from: 2, to: 1000 }, () => true));
    const text = records
      .map(({ id, message }) => `${JSON.stringify([id, 5, 20, 'n', message, 2])}\n{}\n`)
      .join('');
    const due = createHash('sha256').update(text).digest('hex');
    assert.deepEqual([comparison.source.sha256, comparison.target.sha256], [due, due]);
  });

  test('it ends when it is to end', async () => {
    const many = Array.from({ length: 10 }, (_, id) => record(id));
    const comparison = new Comparison();
    const sides = { source: readable(many), target: readable(many) };
    let portions = 0;
    assert.equal(await comparison.compare(sides, { from: 0, to: 1000 }, () => ++portions < 3), false);
    assert.ok(comparison.source.count < 10);
  });
});
