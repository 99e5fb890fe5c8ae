import { readAuthfile } from '../auth/authfile.ts';
import { createLog, type Logger } from '../log.ts';
import type { RunningServer } from '../serve.ts';
import type { Settings } from '../settings.ts';
import { VERSION } from '../version.ts';
import type { ServeArguments } from './arguments.ts';
import { CommandError } from './command-error.ts';
import { detach, isDaemon, tell } from './daemon.ts';
import { Ending, endNow } from './ending.ts';
import { checkPidFile, removePidFile, writePidFile } from './pid-file.ts';
import { become, findIdentity, giveAway } from './privileges.ts';
import { risksOf } from './risks.ts';

/**
 * Runs the server. With -d in the background: then it returns when the server is ready; otherwise it returns at once and
 * the process lives until a signal. Rejects with a CommandError or a StartError.
 */
export async function serveCommand(settings: Settings, options: ServeArguments): Promise<void> {
  // All that can be told before anything is opened.
  const identity = findIdentity(options.user, options.group);
  if (options.pidFile !== undefined) checkPidFile(options.pidFile);
  checkAuthfile(settings.authfile);
  const risks = risksOf(settings);
  if (options.daemonise && !isDaemon()) {
    // The daemon's own log goes nowhere: they are told here, where somebody looks.
    for (const risk of risks) process.stderr.write(`chronologer: warning: ${risk}\n`);
    return await detach();
  }

  const log = await createLog(settings.logLevel);
  const starting = withSignals(log, options.pidFile);
  for (const risk of risks) log.warn(risk);
  // Loaded late: other commands, and wrong settings, need none of it.
  const { serve } = await import('../serve.ts');
  const server = await serve(settings, {
    migrate: options.migrate,
    log,
    afterBind: (ownFiles) => {
      // It stays root's: whoever could write another number into it could have root's scripts end that process.
      if (options.pidFile !== undefined) writePidFile(options.pidFile);
      if (identity === undefined) return;
      giveAway(ownFiles, identity);
      become(identity);
    },
    changesUser: identity !== undefined,
    onDeath: starting.onDeath,
  });
  starting.started(server);
  const { address, store } = server;
  log.info({ address, store, environment: settings.environment }, `Chronologer ${VERSION} listening`);
  await tell({});
}

/** Takes signals and faults from now on; before the server runs, a signal ends the process at once. */
function withSignals(log: Logger, pidFile: string | undefined) {
  const end = (code: number) => {
    if (pidFile !== undefined) removePidFile(pidFile);
    endNow(code);
  };
  const onDeath = (error: unknown) => {
    log.fatal({ err: error }, 'the server cannot go on');
    end(1);
  };
  let ending: Ending | undefined;
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => (ending === undefined ? end(0) : ending.onSignal(signal)));
  process.on('uncaughtException', onDeath);
  process.on('unhandledRejection', onDeath);
  process.on('exit', () => pidFile !== undefined && removePidFile(pidFile));
  return {
    onDeath,
    started: (server: RunningServer) => {
      ending = new Ending({ log, close: () => server.close(), end });
    },
  };
}

function checkAuthfile(path: string | undefined): void {
  if (path === undefined) return;
  try {
    readAuthfile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`CHRONOLOGER_AUTHFILE cannot be used: ${path}: ${reason}`);
  }
}
