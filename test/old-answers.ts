import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { canonicalJson } from './canonical-json.ts';
import { LOGGER, send, textOf } from './http-request.ts';
import { type Json, parseJson } from './lossless-json.ts';

/** What Chronologer 0.4.5 answered on its sample database, held against a server that has taken it over. */

const expectedText = await readFile(new URL('data/chronologer-0.4.5.expected.json', import.meta.url), 'utf8');
const expected: { records: number; sha256: string; head: Record<string, Record<string, string>> } =
  JSON.parse(expectedText);

async function range(address: string, left: number, right: number): Promise<Json[]> {
  const answer = await send(address, {
    path: `/api/v1/record?left=${left}&right=${right}`,
    headers: LOGGER,
  });
  assert.equal(answer.status, 200);
  const records = parseJson(textOf(answer));
  assert.ok(Array.isArray(records));
  return records;
}

async function head(address: string, query: string): Promise<Record<string, string>> {
  const answer = await send(address, { method: 'HEAD', path: `/api/v1/record?${query}`, headers: LOGGER });
  assert.equal(answer.status, 200, query);
  const named = {
    'X-Record-Group': answer.headers['x-record-group'],
    'X-Record-Count': answer.headers['x-record-count'],
  };
  return Object.fromEntries(
    Object.entries(named).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}

/** Every answer of 0.4.5 on its database, when `newer` records with the level 10 were posted since, dated 2019-01-01. */
export async function holds(address: string, newer: number): Promise<void> {
  for (const [query, due] of Object.entries(expected.head)) {
    const counts: Record<string, string> = { ...due };
    if (newer > 0 && query === '') counts['X-Record-Count'] = String(expected.records + newer);
    if (newer > 0 && query === 'group=day&timezone=UTC') {
      counts['X-Record-Group'] += `,${Date.UTC(2019, 0, 1) / 1000}`;
      counts['X-Record-Count'] += `,${newer}`;
    }
    assert.deepEqual(await head(address, query), counts, `HEAD ?${query}`);
  }
  const old = await range(address, newer, newer + expected.records - 1);
  assert.equal(old.length, expected.records);
  const exact = parseJson(expectedText) as { newest: Json; oldest: Json };
  assert.deepEqual(old[0], exact.newest);
  assert.deepEqual(old.at(-1), exact.oldest);
  const sum = createHash('sha256').update(old.map(canonicalJson).join('\n')).digest('hex');
  assert.equal(sum, expected.sha256, 'the checksum over all records of 0.4.5');
}

/** POSTs a record with the level 10, dated 2019-01-01; its id. */
export async function postLater(address: string, message: string): Promise<bigint> {
  const created = Date.UTC(2019, 0, 1) / 1000;
  const answer = await send(address, {
    method: 'POST',
    path: '/api/v1/record',
    headers: { ...LOGGER, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      name: 'later',
      msg: message,
      levelno: 10,
      created,
      args: null,
      exc_info: null,
      exc_text: null,
      message,
    }),
  });
  const body = parseJson(textOf(answer)) as { id: bigint };
  assert.equal(answer.status, 201, textOf(answer));
  return body.id;
}
