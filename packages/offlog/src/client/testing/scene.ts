import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A fresh folder that goes with the block. */
export async function freshFolder(): Promise<{ path: string; [Symbol.asyncDispose](): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'offlog-client-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Waits until something holds; fails after ten seconds. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `not within 10 s: ${what}`);
    await sleep(10);
  }
}

/** The text of a file once it is as long as is due, in bytes. */
export async function textOf(path: string, bytes: number): Promise<string> {
  await until(
    async () => (await readFile(path).catch(() => '')).length >= bytes,
    `${bytes} bytes in ${path}`,
  );
  return readFile(path, 'utf8');
}

/** The text of a file once it is as long as is due and grows no more. */
export async function finalTextOf(path: string, bytes: number): Promise<string> {
  let text = await textOf(path, bytes);
  for (let before = ''; before !== text; text = await readFile(path, 'utf8')) {
    before = text;
    await sleep(100);
  }
  return text;
}
