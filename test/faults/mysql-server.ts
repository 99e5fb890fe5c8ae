import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A command that takes `start`, which prints the DSN of a MySQL server in its last line, `stop` and `kill` (-9). */
const control = process.env.CHRONOLOGER_TEST_MYSQL_CONTROL;

/** Why tests that kill a MySQL server are skipped; false where there is one that may be killed. */
export const NO_SERVER =
  control === undefined
    ? 'CHRONOLOGER_TEST_MYSQL_CONTROL names no command that starts, stops and kills a MySQL server'
    : false;

/** Milliseconds. */
const GOING = 1000;

/** Does something to the server and waits until it is done; the DSN for `start`. */
export async function mysqlServer(action: 'start' | 'stop' | 'kill'): Promise<string> {
  try {
    return await run(action);
  } catch (error) {
    if (action !== 'start') throw error;
    // A killed process takes a moment to go, and until then a new one takes it for alive and ends.
    return await run(action);
  }
}

async function run(action: string): Promise<string> {
  if (control === undefined) throw new Error(String(NO_SERVER));
  const { stdout } = await execute(control, [action], { maxBuffer: 1e8 });
  if (action === 'kill') await sleep(GOING);
  return stdout.trim().split('\n').at(-1) ?? '';
}
