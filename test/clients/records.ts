import assert from 'node:assert/strict';
import { send, textOf } from '../http-request.ts';
import { type Json, parseJson } from '../lossless-json.ts';
import type { ServerProcess } from '../server-process.ts';

/** A record as the API gives it, with exact integers. */
export type ApiRecord = {
  id: bigint;
  name: string;
  ts: string;
  level: bigint;
  message: string;
  logrec: { meta?: { [key: string]: Json }; data?: { [key: string]: Json }; error?: { [key: string]: Json } };
};

function credentials(password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`logger:${password}`).toString('base64')}` };
}

/** All records of the loggers whose names start so, oldest id first. */
export async function recordsOf(server: ServerProcess, password: string, name: string): Promise<ApiRecord[]> {
  const answer = await send(server.address, {
    path: `/api/v1/record?left=0&right=1000000&name=${encodeURIComponent(name)}`,
    headers: credentials(password),
  });
  assert.equal(answer.status, 200);
  const records = parseJson(textOf(answer)) as ApiRecord[];
  return records.reverse();
}

/** How many records there are. */
export async function countOf(server: ServerProcess, password: string): Promise<number> {
  const path = '/api/v1/record';
  const answer = await send(server.address, { method: 'HEAD', path, headers: credentials(password) });
  assert.equal(answer.status, 200);
  return Number(answer.headers['x-record-count']);
}
