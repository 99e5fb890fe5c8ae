import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { send } from '../http-request.ts';
import type { ServerProcess } from '../server-process.ts';
import { post, recordText } from './posts.ts';
import { headOf, openRaw, type RawConnection } from './raw-connection.ts';
import { peakMebibytes, residentMebibytes } from './server-memory.ts';

/** The bound on the memory of a server that is attacked. */
export const MEMORY_LIMIT_MIB = 400;
/** Within so many ms a healthy server answers a small request, on a machine that does other work besides. */
const PATIENCE_MS = 5000;

const MEBIBYTE = Buffer.alloc(2 ** 20, 'x');

/** /health answers, and a record is stored, told 503 at most for a while. */
export async function assertWorks(address: string): Promise<void> {
  const started = performance.now();
  const health = await send(address, { path: '/health' });
  assert.equal(health.status, 200);
  assert.ok(performance.now() - started < PATIENCE_MS, 'the answer of /health takes too long');
  for (;;) {
    const { status } = await post(address, recordText(1));
    assert.ok(performance.now() - started < 2 * PATIENCE_MS, 'no record can be stored');
    if (status === 201) return;
    assert.equal(status, 503);
    await sleep(200);
  }
}

export function assertBounded({ pid }: ServerProcess, limit = MEMORY_LIMIT_MIB): void {
  const peak = Math.round(peakMebibytes(pid));
  assert.ok(peak < limit, `the server had ${peak} MiB resident`);
}

/** Waits until the server takes no more memory, 20 s at most: how soon depends on what else the machine does. */
export async function settled({ pid }: ServerProcess): Promise<void> {
  let highest = 0;
  for (let calm = 0, looks = 0; calm < 8 && looks < 80; looks++) {
    const now = residentMebibytes(pid);
    calm = now > highest + 1 ? 0 : calm + 1;
    highest = Math.max(highest, now);
    await sleep(250);
  }
}

/** POSTs without an end that its client would reach before an answer comes: the status, and the bytes sent until then. */
export async function pour(
  address: string,
  headers: Readonly<Record<string, string>>,
  mebibytes: number,
): Promise<{ status: number; sent: number; connection: RawConnection }> {
  const chunked = headers['Transfer-Encoding'] === 'chunked';
  const connection = await openRaw(address);
  await connection.send(headOf('POST', '/api/v1/record', { 'Content-Type': 'application/json', ...headers }));
  let sent = 0;
  for (; sent < mebibytes && connection.status === undefined; sent++) {
    const piece = chunked
      ? Buffer.concat([Buffer.from('100000\r\n'), MEBIBYTE, Buffer.from('\r\n')])
      : MEBIBYTE;
    if (!(await connection.send(piece))) break;
  }
  return { status: await connection.answer(2 * PATIENCE_MS), sent, connection };
}
