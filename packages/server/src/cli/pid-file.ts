import { closeSync, fchmodSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { CommandError } from './command-error.ts';

/** Throws a CommandError when the file names a server that lives. */
export function checkPidFile(path: string): void {
  const pid = pidIn(path);
  if (pid !== undefined && isAlive(pid) && isServer(pid))
    throw new CommandError(`The pid file ${path} names process ${pid}, which is running; stop it first`);
}

/**
 * Writes this process's id, with mode 0644 whatever the umask. A file whose process is gone is replaced: a server that
 * was killed must be able to start again. Throws a CommandError.
 */
export function writePidFile(path: string): void {
  checkPidFile(path);
  try {
    rmSync(path, { force: true });
    // "x": never through a link that somebody has put there.
    const file = openSync(path, 'wx', 0o644);
    fchmodSync(file, 0o644);
    writeSync(file, `${process.pid}\n`);
    closeSync(file);
  } catch (error) {
    throw new CommandError(
      `The pid file ${path} cannot be written: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** Removes the file if it still names this process. */
export function removePidFile(path: string): void {
  if (pidIn(path) !== process.pid) return;
  try {
    rmSync(path, { force: true });
  } catch {
    // Without root's privileges it may have to stay. It names a process that is gone: the next start replaces it.
  }
}

function pidIn(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8').trim());
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  // In a container the number is often the same at each start.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, as somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** After a restart of the machine the number may be anybody's. Where the system does not tell whose, it counts as ours. */
function isServer(pid: number): boolean {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return args.includes('serve') && args.some((arg) => /(^|\/)(chronologer|main\.ts)$/.test(arg));
  } catch {
    return true;
  }
}
