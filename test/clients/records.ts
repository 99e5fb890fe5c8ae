import assert from 'node:assert/strict';
import { send, textOf } from '../http-request.ts';
import { type Json, parseJson } from '../lossless-json.ts';
import type { ServerProcess } from '../server-process.ts';

/** All records of the loggers whose names start so, oldest id first. */
export async function recordsOf(server: ServerProcess, password: string, name: string): Promise<Json[]> {
  const answer = await send(server.address, {
    path: `/api/v1/record?left=0&right=1000000&name=${encodeURIComponent(name)}`,
    headers: { Authorization: `Basic ${Buffer.from(`logger:${password}`).toString('base64')}` },
  });
  assert.equal(answer.status, 200);
  const records = parseJson(textOf(answer));
  assert.ok(Array.isArray(records));
  return records.reverse();
}
