import { createLog } from '../log.ts';
import type { Settings } from '../settings.ts';
import { openEngine } from '../store/engines.ts';
import { CommandError } from './command-error.ts';

/**
 * Brings the store's schema up to date, or prints the statements that do. Rejects with a StartError, or a CommandError for
 * a store that has none to print.
 */
export async function migrateCommand(
  settings: Settings,
  { print }: { readonly print: boolean },
): Promise<void> {
  if (print) {
    const statements = openEngine(settings.storageDsn).printMigrations?.();
    if (statements === undefined) throw new CommandError('this kind of store has no statements to print');
    process.stdout.write(statements);
    return;
  }
  const log = await createLog(settings.logLevel);
  const { migrate } = await import('../serve.ts');
  await migrate(settings, log);
  log.info('The schema is up to date');
}
