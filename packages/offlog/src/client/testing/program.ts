import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('ending.ts', import.meta.url));

const LIMIT_MS = 30_000;

/** Runs one of the endings; see ending.ts for the arguments. */
export function startEnding(
  ...args: [name: string, sockPath: string, path: string, lines: number, flush?: 'write']
) {
  const child = spawn(process.execPath, [program, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A program that no signal ends is to fail its test, not to outlive it.
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let out = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, out, complaints }));
  return { child, ended };
}
