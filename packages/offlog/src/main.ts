import { HELP, readArguments, UsageError } from './cli.ts';
import { Daemon, type DaemonOptions } from './daemon/daemon.ts';

/** Threads for opening and writing: one is lost to each call that never returns. libuv makes them at its first use. */
process.env.UV_THREADPOOL_SIZE ??= '128';

async function runDaemon(options: DaemonOptions): Promise<void> {
  const daemon = new Daemon(options);
  // Left to Node it would open a debugger. (With --disable-sigusr1 the signal is blocked, and no listener hears of it.)
  process.on('SIGUSR1', () => daemon.sayCounters());
  const started = daemon.start().catch(fail);
  const stop = async () => {
    await started;
    leave(await daemon.stop(), daemon.isStuck);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  await started;
}

/**
 * Ends the process. Node waits for its threads, also for one in a call that never returns: then another program takes the
 * process over, which ends with that status.
 */
function leave(status: number, isStuck: boolean): never {
  if (isStuck && process.execve !== undefined) process.execve('/bin/sh', ['sh', '-c', `exit ${status}`]);
  if (isStuck) process.kill(process.pid, 'SIGKILL');
  process.exit(status);
}

function fail(error: unknown): never {
  process.stderr.write(`offlog: ${error instanceof Error ? error.message : error}\n`);
  process.exit(error instanceof UsageError ? 2 : 1);
}

async function runCommand(args: string[]): Promise<void> {
  if (args[0] === 'append') {
    // The client is of no use to the daemon, so it is loaded here only.
    const { runAppend } = await import('./append.ts');
    process.exitCode = await runAppend(args.slice(1));
    return;
  }
  const options = readArguments(args);
  if (options === undefined) process.stdout.write(HELP);
  else await runDaemon(options);
}

try {
  await runCommand(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
