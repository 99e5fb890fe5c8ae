import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { temporaryFolder } from '../temporary.ts';
import { someRecords, TrialStore } from './trial-store.ts';

const PARTS = ['block_head', 'block_message', 'block_logrec'];
const TABLES = ['block', ...PARTS];

/** Something that goes wrong with one of the blocks; `place`, `bit` and `to` are taken modulo what there is. */
type Damage =
  | { readonly kind: 'bit' | 'cut'; readonly table: string; readonly place: number; readonly bit: number }
  | { readonly kind: 'gone'; readonly table: string; readonly place: number }
  | { readonly kind: 'number'; readonly column: string; readonly place: number; readonly to: number }
  | { readonly kind: 'copy'; readonly place: number; readonly to: number }
  | { readonly kind: 'counts'; readonly sql: string };

const place = fc.nat(30);
const table = fc.constantFrom(...TABLES);
const anyDamage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constantFrom('bit' as const, 'cut' as const), table, place, bit: fc.nat(1e6) }),
  fc.record({ kind: fc.constant('gone' as const), table, place }),
  fc.record({
    kind: fc.constant('number' as const),
    column: fc.constantFrom('first_id', 'last_id', 'count', 'lowest_time', 'highest_time'),
    place,
    to: fc.oneof(fc.nat(300), fc.integer({ min: 1e15, max: 2e15 })),
  }),
  fc.record({ kind: fc.constant('copy' as const), place, to: fc.nat(300) }),
  fc.record({
    kind: fc.constant('counts' as const),
    sql: fc.constantFrom(
      'UPDATE rollup SET count = count + 1 WHERE level > 0',
      'DELETE FROM rollup WHERE level = 10',
      'DELETE FROM total',
      "INSERT OR IGNORE INTO total VALUES (-3, 'nobody', 4)",
      "DELETE FROM property WHERE name = 'block_change'",
      "DELETE FROM property WHERE name = 'blocks_removed'",
    ),
  }),
);

/** The blocks as they were written: each with the ids that it costs when it is lost. */
interface Whole {
  readonly firstId: number;
  readonly lastId: number;
}

/** Does it; returns the block whose records it may cost. */
function inflict(store: TrialStore, damage: Damage, blocks: readonly Whole[]): Whole | undefined {
  if (damage.kind === 'counts') {
    store.change(damage.sql);
    return undefined;
  }
  const block = blocks[damage.place % blocks.length];
  if (block === undefined) return undefined;
  const { firstId } = block;
  // A row in the place of another, which may be gone: whose parts are there then cannot be known.
  if (damage.kind === 'number' && blocks.some((other) => other.firstId === damage.to)) return undefined;
  if (damage.kind === 'gone') store.change(`DELETE FROM ${damage.table} WHERE first_id = ${firstId}`);
  else if (damage.kind === 'number') {
    store.change(`UPDATE OR IGNORE block SET ${damage.column} = ${damage.to} WHERE first_id = ${firstId}`);
  } else if (damage.kind === 'copy') {
    store.change(
      `INSERT OR IGNORE INTO block SELECT ${1000 + damage.to}, last_id, count, lowest_time, highest_time, change + 10000, kinds
       FROM block WHERE first_id = ${firstId}`,
      ...PARTS.map(
        (part) =>
          `INSERT OR IGNORE INTO ${part} SELECT ${1000 + damage.to}, part FROM ${part} WHERE first_id = ${firstId}`,
      ),
    );
  } else {
    store.damage(damage.table, damage.table === 'block' ? 'kinds' : 'part', firstId, (bytes) => {
      // A version that looks like a later one is left alone, which is another test's.
      const bit = 8 + (damage.bit % Math.max(1, 8 * (bytes.length - 1)));
      if (damage.kind === 'cut') return bytes.subarray(0, bit >> 3);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return bytes;
    });
  }
  return block;
}

/** Damage that costs nothing by itself: what is lost is told elsewhere too. */
const isHarmless = ({ kind }: Damage) => kind === 'number' || kind === 'copy' || kind === 'counts';

test('after any damage a repair leaves a sound store with every record that was not hit, as it was', async () => {
  await using folder = await temporaryFolder();
  let run = 0;
  const anyDamages = fc.array(anyDamage, { minLength: 1, maxLength: 6 });
  const anySizes = fc.record({
    count: fc.integer({ min: 20, max: 120 }),
    block: fc.integer({ min: 3, max: 40 }),
  });
  await fc.assert(
    fc.asyncProperty(anySizes, fc.nat(9), anyDamages, async ({ count, block }, recent, damages) => {
      const store = new TrialStore(`${folder.path}/${run++}.sqlite`);
      store.engine.migrate(() => undefined);
      const records = someRecords(count + recent);
      store.insert([records.slice(0, count), records.slice(count)], { large: 10, enough: 1000, block });
      const before = store.records();
      const blocks: Whole[] = Array.from({ length: Math.ceil(count / block) }, (_, index) => ({
        firstId: 1 + index * block,
        lastId: Math.min(count, (index + 1) * block),
      }));
      const hits = new Map<Whole, Damage[]>();
      for (const damage of damages) {
        const hit = inflict(store, damage, blocks);
        if (hit !== undefined) hits.set(hit, [...(hits.get(hit) ?? []), damage]);
      }
      const { findings } = store.check();
      assert.equal(store.check(true).sound, true);
      assert.deepEqual(store.check().findings, []);
      const after = store.records();
      for (const [id, text] of after) assert.equal(text, before.get(id), `record ${id}`);
      const said = findings.flatMap(({ lost }) => lost);
      const isSaid = (id: number) => said.some(({ from, to }) => from <= id && id <= to);
      for (const id of before.keys()) {
        if (after.has(id)) continue;
        const [, hit = []] = [...hits].find(([{ firstId, lastId }]) => firstId <= id && id <= lastId) ?? [];
        assert.ok(hit.length > 1 || hit.some((damage) => !isHarmless(damage)), `record ${id} is gone`);
        // Where the head is gone, too, a false number of the row is all that tells of ids; and what is gone whole is.
        const isUnknown = hit.length > 1 && hit.some(({ kind }) => kind === 'number' || kind === 'gone');
        assert.ok(isUnknown || isSaid(id), `nothing is said of record ${id}`);
      }
    }),
    { numRuns: 150 },
  );
});
