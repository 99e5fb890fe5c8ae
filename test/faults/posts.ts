import assert from 'node:assert/strict';
import { type Answer, LOGGER, send, textOf } from '../http-request.ts';

/** A record of about `bytes` bytes of JSON. */
export function recordText(number: number, bytes = 200): string {
  const fields = { name: 'faults', created: 1_714_521_600 + number, levelno: 20, msg: `record ${number}` };
  const text = JSON.stringify({ ...fields, padding: '' });
  // Not one character over and over: a compressed answer would be no load.
  const padding = Array.from({ length: Math.max(0, bytes - text.length) }, () =>
    String.fromCharCode(97 + Math.floor(Math.random() * 26)),
  );
  return JSON.stringify({ ...fields, padding: padding.join('') });
}

/** POSTs one JSON record. */
export function post(address: string, body: string | Uint8Array, type = 'application/json'): Promise<Answer> {
  const headers = { ...LOGGER, 'Content-Type': type };
  return send(address, { method: 'POST', path: '/api/v1/record', headers, body });
}

/** Stores so many records of about `bytes` bytes each. */
export async function fill(address: string, records: number, bytes = 200): Promise<void> {
  for (let first = 0; first < records; first += 4000) {
    const numbers = Array.from({ length: Math.min(4000, records - first) }, (_, index) => first + index);
    const body = numbers.map((number) => `${recordText(number, bytes)}\n`).join('');
    const answer = await post(address, body, 'application/x-ndjson');
    assert.equal(answer.status, 201, textOf(answer).slice(0, 500));
  }
}

/** The count that the server gives for a filter. */
export async function countOf(address: string, filter = ''): Promise<number> {
  const path = `/api/v1/record${filter === '' ? '' : `?${filter}`}`;
  const { status, headers } = await send(address, { method: 'HEAD', path, headers: LOGGER });
  assert.equal(status, 200, String(headers['x-error-message']));
  return Number(headers['x-record-count']);
}

/** The answer is an error in plain JSON that says nothing about the inside of the server. */
export function assertPlainError(answer: Answer, status: number, message?: RegExp): void {
  const text = textOf(answer);
  assert.equal(answer.status, status, text.slice(0, 500));
  assert.match(String(answer.headers['content-type']), /^application\/json/);
  const { error } = JSON.parse(text);
  assert.deepEqual(Object.keys(error).sort(), ['message', 'type']);
  assert.doesNotMatch(text, /\bat .*:\d+|node_modules|\/src\/|\/tmp|SQLITE|\.sqlite/);
  if (message !== undefined) assert.match(error.message, message);
  if (status === 503) assert.match(String(answer.headers['retry-after']), /^\d+$/);
}
