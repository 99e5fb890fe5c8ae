import { workerData } from 'node:worker_threads';
import { ProxyFile } from '../proxy-file.ts';
import { numbered } from './numbered.ts';

const { sockPath, path, lines, end } = workerData;
const counter: Int32Array<SharedArrayBuffer> = workerData.counter;
const file = await ProxyFile.open(path, { sockPath });

function write(): void {
  const index = Atomics.load(counter, 0);
  file.write(numbered(index));
  Atomics.store(counter, 0, index + 1);
}

while (Atomics.load(counter, 0) < lines) {
  // No faster than the daemon: what the kernel has no room for would be lost with the thread.
  for (let burst = 0; burst < 100; burst++) write();
  Atomics.wait(counter, 0, Atomics.load(counter, 0), 1);
}
if (end === 'exits') process.exit(3);
if (end === 'throws') throw new Error('of the test');
if (end !== 'ends') setInterval(write, 1);
