import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { CommandError } from './command-error.ts';

/** Set for the process that becomes the daemon; it tells its outcome on an IPC channel. */
const MARKER = 'CHRONOLOGER_DAEMON';

/** What the daemon tells: nothing when it is ready, else why it failed. */
interface Outcome {
  readonly failure?: string;
}

/** Whether this process is the one that another one has detached. */
export function isDaemon(): boolean {
  return process.env[MARKER] === '1' && process.send !== undefined;
}

/**
 * Runs the same command line again in a session of its own, without a terminal, and waits until it is ready. Throws a
 * CommandError with its reason when it fails.
 */
export async function detach(): Promise<void> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    env: { ...process.env, [MARKER]: '1' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const told: Outcome[] = [];
  child.on('message', (outcome: Outcome) => told.push(outcome));
  // The channel ends when the daemon has told its outcome, or has died without.
  await once(child, 'disconnect');
  const [outcome] = told;
  if (outcome === undefined) throw new CommandError('The daemon ended before it was ready');
  if (outcome.failure !== undefined) throw new CommandError(outcome.failure);
  child.unref();
}

/** Tells the process that waits, if one does, how the start went, and lets it go. */
export async function tell(outcome: Outcome): Promise<void> {
  if (!isDaemon()) return;
  // Whoever waited may be gone: that is no reason to fail.
  await new Promise<void>((resolve) => process.send?.(outcome, undefined, undefined, () => resolve()));
  if (process.connected) process.disconnect?.();
  delete process.env[MARKER];
}
