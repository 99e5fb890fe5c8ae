import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something is so. Rejects after `time` milliseconds, saying what was waited for. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  time = 10_000,
): Promise<void> {
  const started = performance.now();
  while (!(await isSo())) {
    if (performance.now() - started > time) throw new Error(`within ${time} ms it was not so that ${what}`);
    await sleep(20);
  }
}
