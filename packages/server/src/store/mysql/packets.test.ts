import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Packets } from './packets.ts';

test('rows become as few statements and packets as fit', () => {
  const packets = new Packets(30);
  packets.add('BEGIN');
  packets.addRows('INSERT ', ['(1)', '(2)', '(33333333)', '(4)'], ' END');
  packets.addRows('NOTHING ', []);
  assert.deepEqual(packets.done('COMMIT'), [
    'BEGIN;INSERT (1),(2) END;',
    'INSERT (33333333),(4) END;',
    'COMMIT;',
  ]);
});

test('whatever the rows: all of them come in order, and no packet is too large but for one row', () => {
  const row = fc.string({ unit: fc.constantFrom('a', 'é', '\u{1f600}'), minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(fc.array(row), fc.integer({ min: 20, max: 90 }), (rows, limit) => {
      const packets = new Packets(limit);
      packets.addRows('H ', rows, ' T');
      const sent = packets.done('C');
      const found = sent
        .join('')
        .split(';')
        .flatMap((statement) => {
          const body = /^H (.*) T$/.exec(statement)?.[1];
          return body === undefined ? [] : body.split(',');
        });
      assert.deepEqual(found, rows);
      for (const packet of sent) {
        const single = packet.split(';')[0]?.includes(',') === false;
        assert.ok(Buffer.byteLength(packet) <= limit || single, `${packet} > ${limit}`);
      }
    }),
  );
});
