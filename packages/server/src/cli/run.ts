import { readSettings, SettingError, type Settings } from '../settings.ts';
import { type Invocation, parseArguments, type SettingsArguments, UsageError } from './arguments.ts';
import { CommandError } from './command-error.ts';
import { loadConfigModule } from './config-module.ts';
import { tell } from './daemon.ts';
import { HELP, VERSION_LINE } from './usage.ts';

/**
 * Does what a command line asks for. Returns the exit code: 0, 1 for a failure, which is told on standard error (or for
 * what a check or a copy has found, on standard output), 2 for a
 * command line that cannot be understood. A server that has started keeps the process alive.
 */
export async function run(args: readonly string[]): Promise<number> {
  // Whoever reads may be gone: a closed pipe or terminal is no reason to die.
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', () => undefined);
  process.on('SIGHUP', () => undefined);
  try {
    return await invoke(parseArguments(args));
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const message = isUsage ? error.message : `chronologer: ${plainly(error)}`;
    process.stderr.write(`${message}\n`);
    await tell({ failure: isUsage ? message : plainly(error) });
    return isUsage ? 2 : 1;
  }
}

async function invoke(invocation: Invocation): Promise<number> {
  switch (invocation.command) {
    case 'help':
      process.stdout.write(HELP[invocation.topic]);
      return 0;
    case 'version':
      process.stdout.write(VERSION_LINE);
      return 0;
    case 'hash-password': {
      const { hashPasswordCommand } = await import('./hash-password-command.ts');
      await hashPasswordCommand(invocation.options);
      return 0;
    }
    case 'migrate': {
      const settings = await settingsFrom(invocation.from);
      const { migrateCommand } = await import('./migrate-command.ts');
      await migrateCommand(settings, invocation.mode);
      return 0;
    }
    case 'check': {
      const settings = await settingsFrom(invocation.from);
      const { checkCommand } = await import('./check-command.ts');
      return (await checkCommand(settings, invocation)) ? 0 : 1;
    }
    case 'copy': {
      const { copyCommand } = await import('./copy-command.ts');
      return (await copyCommand(invocation.options, process.env)) ? 0 : 1;
    }
    case 'stats': {
      const settings = await settingsFrom(invocation.from);
      const { statsCommand } = await import('./stats-command.ts');
      await statsCommand(settings, invocation);
      return 0;
    }
    case 'serve': {
      const settings = await settingsFrom(invocation.from);
      const { serveCommand } = await import('./serve-command.ts');
      await serveCommand(settings, invocation.options);
      return 0;
    }
  }
}

async function settingsFrom({ environment, config }: SettingsArguments): Promise<Settings> {
  const overrides = config === undefined ? {} : await loadConfigModule(config);
  return readSettings({ environment, env: process.env, overrides });
}

/** The message alone of an error that was expected; of any other one, where it came from. */
function plainly(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A StartError is known by its name: its module is loaded only when a server is started.
  const isExpected =
    error instanceof CommandError || error instanceof SettingError || error.name === 'StartError';
  return isExpected ? error.message : (error.stack ?? error.message);
}
