import assert from 'node:assert/strict';
import { LOGGER, send, textOf } from '../http-request.ts';
import type { Outcome } from './writing-client.ts';

/** Records read at a time: no page of these is larger than some megabytes. */
const PAGE = 20_000;

interface StoredRecord {
  readonly id: number;
  readonly logrec: { readonly data: { readonly key: string } };
}

/**
 * What clients were told, held against what the store gives back: every acknowledged record is there once and under
 * the id of its answer; of the others none is there twice.
 */
export class Ledger {
  readonly #sent = new Set<string>();
  /** The id of each acknowledged key. */
  readonly #acknowledged = new Map<string, number>();
  /** Acknowledged since the last check. */
  #unchecked: string[] = [];
  /** The id of each key that was read. */
  #read = new Map<string, number>();
  #lastId = 0;
  /** How often each status was answered; 0 stands for a torn connection. */
  readonly statuses = new Map<number, number>();

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  sent(keys: readonly string[]): void {
    for (const key of keys) this.#sent.add(key);
  }

  answered(keys: readonly string[], { status = 0, ids }: Outcome): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (status === 201) assert.equal(ids.length, keys.length, 'a 201 names an id for each record');
    ids.forEach((id, index) => {
      const key = keys[index];
      assert.ok(key !== undefined, 'there are more ids than records were sent');
      this.#acknowledged.set(key, id);
      this.#unchecked.push(key);
    });
  }

  /** Reads what came since the last check, and holds counts and timeline against the whole. */
  async checkNew(address: string): Promise<void> {
    for (;;) {
      const records = await readAbove(address, this.#lastId);
      if (records.length === 0) break;
      for (const record of records) this.#take(record);
    }
    for (const key of this.#unchecked) {
      const id = this.#acknowledged.get(key);
      assert.equal(this.#read.get(key), id, `${key} was acknowledged as ${id}`);
    }
    this.#unchecked = [];
    await checkCounts(address, this.#read.size);
  }

  /** Reads everything again from the first id on: nothing that was there earlier may be gone or other now. */
  async checkAll(address: string): Promise<void> {
    await this.checkNew(address);
    const earlier = this.#read;
    this.#read = new Map();
    this.#lastId = 0;
    this.#unchecked = [...this.#acknowledged.keys()];
    await this.checkNew(address);
    assert.deepEqual([...this.#read], [...earlier]);
  }

  #take({ id, logrec }: StoredRecord): void {
    const { key } = logrec.data;
    assert.ok(this.#sent.has(key), `${key} was never sent`);
    assert.ok(id > this.#lastId, `id ${id} came after ${this.#lastId}`);
    assert.ok(!this.#read.has(key), `${key} is there twice, as ${this.#read.get(key)} and ${id}`);
    const told = this.#acknowledged.get(key);
    if (told !== undefined) assert.equal(id, told, `${key} was acknowledged with another id`);
    this.#read.set(key, id);
    this.#lastId = id;
  }
}

/** Records with ids above `lastId`, the lowest ids first; none when there are no more. */
async function readAbove(address: string, lastId: number): Promise<StoredRecord[]> {
  const query = encodeURIComponent(`record_id > ${lastId} AND record_id <= ${lastId + PAGE}`);
  const path = `/api/v1/record?left=0&right=${PAGE}&query=${query}`;
  const answer = await send(address, { path, headers: LOGGER });
  assert.equal(answer.status, 200, textOf(answer));
  const records: StoredRecord[] = JSON.parse(textOf(answer));
  if (records.length > 0) return records.reverse();
  // An id that was given and never stored leaves a gap, which could be as long as a page.
  const newest = await newestId(address);
  return newest > lastId + PAGE ? readAbove(address, lastId + PAGE) : [];
}

async function newestId(address: string): Promise<number> {
  const answer = await send(address, { path: '/api/v1/record?left=0&right=0', headers: LOGGER });
  const [newest]: StoredRecord[] = JSON.parse(textOf(answer));
  return newest?.id ?? 0;
}

/** The count and the timelines of the store say `expected` records, and so does a count that has to look at each. */
async function checkCounts(address: string, expected: number): Promise<void> {
  for (const query of [
    '',
    '&group=day&timezone=UTC',
    '&group=hour&timezone=Asia/Kathmandu',
    '&query=1%3D1',
  ]) {
    const path = `/api/v1/record?${query.slice(1)}`;
    const { status, headers } = await send(address, { method: 'HEAD', path, headers: LOGGER });
    assert.equal(status, 200, `${path}: ${headers['x-error-message']}`);
    const counts = String(headers['x-record-count']).split(',');
    const sum = counts.reduce((total, count) => total + Number(count), 0);
    assert.equal(sum, expected, `records of ${path}`);
  }
}
