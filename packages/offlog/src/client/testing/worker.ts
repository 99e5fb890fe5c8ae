import { setTimeout as sleep } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { ProxyFile } from '../proxy-file.ts';
import { numbered } from './numbered.ts';

const { sockPath, path, lines, end } = workerData;
const counter: Int32Array<SharedArrayBuffer> = workerData.counter;
const file = await ProxyFile.open(path, { sockPath });
let written = 0;

/** Counts what the kernel has taken. What it has no room for would be lost with a thread that is terminated. */
function write(): void {
  file.write(numbered(written));
  written += 1;
  if (file.waitingBytes === 0) Atomics.store(counter, 0, written);
}

while (written < lines) {
  for (let burst = 0; burst < 100; burst++) write();
  await sleep(1);
}
if (end === 'exits') process.exit(3);
if (end === 'throws') throw new Error('of the test');
if (end !== 'ends') setInterval(write, 1);
