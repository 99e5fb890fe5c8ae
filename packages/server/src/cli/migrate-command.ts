import { createLog } from '../log.ts';
import type { Settings } from '../settings.ts';

/** Brings the store's schema up to date. Rejects with a StartError. */
export async function migrateCommand(settings: Settings): Promise<void> {
  const log = await createLog(settings.logLevel);
  const { migrate } = await import('../serve.ts');
  await migrate(settings, log);
  log.info('The schema is up to date');
}
