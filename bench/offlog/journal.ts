import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { makeLines } from './lines.ts';

const SOCKETS = ['/run/systemd/journal/socket', '/dev/log'];

/** The socket of journald or of a syslog daemon, or undefined where there is none. */
export async function journalSocket(): Promise<string | undefined> {
  for (const socket of SOCKETS) {
    const there = await access(socket).then(
      () => true,
      () => false,
    );
    if (there) return socket;
  }
  return undefined;
}

/** Pipes lines into `logger` and answers lines a second, until `logger` has sent the last one. */
export async function runLogger(count: number): Promise<number> {
  const lines = makeLines();
  const start = performance.now();
  const child = spawn('logger', ['--tag', 'offlog-bench'], { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  for (let written = 0; written < count; written++) {
    if (!child.stdin.write(lines[written % lines.length] ?? '')) await once(child.stdin, 'drain');
  }
  child.stdin.end();
  const [code] = await ended;
  if (code !== 0) throw new Error(`logger ended with ${code}`);
  return count / ((performance.now() - start) / 1000);
}
