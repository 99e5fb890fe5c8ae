import { createLog } from '../log.ts';
import type { Settings } from '../settings.ts';
import { openEngine } from '../store/engines.ts';
import { outstanding, readOwnMigrations } from '../store/own-migrations.ts';
import type { MigrateMode } from './arguments.ts';
import { opening } from './opening.ts';

/** Brings the store's schema up to date, or tells about it. Rejects with a StartError or a CommandError. */
export async function migrateCommand(settings: Settings, mode: MigrateMode): Promise<void> {
  if (mode === 'print') return void process.stdout.write(await sqlOf(settings));
  if (mode === 'status') return void process.stdout.write(await statusOf(settings));
  const log = await createLog(settings.logLevel);
  const { migrate } = await import('../serve.ts');
  await migrate(settings, log);
  log.info('The schema is up to date');
}

function sqlOf({ storageDsn, migrations }: Settings): Promise<string> {
  return opening('The migrations cannot be read', () =>
    openEngine(storageDsn)
      .script(readOwnMigrations(migrations))
      .map(({ name, sql }) => `-- migration ${name}\n${sql.trimEnd()}\n`)
      .join('\n'),
  );
}

/** A line for each migration; those that this version does not know too. */
function statusOf({ storageDsn, migrations }: Settings): Promise<string> {
  return opening('The store cannot be read', async () => {
    const engine = openEngine(storageDsn);
    const applied = new Map((await engine.applied()).map((each) => [each.name, each]));
    const own = readOwnMigrations(migrations);
    outstanding(own, applied);
    const names = new Set([
      ...engine.migrations().map(({ name }) => name),
      ...applied.keys(),
      ...own.map(({ name }) => name),
    ]);
    const width = Math.max(...[...names].map((name) => name.length));
    return [...names]
      .map((name) => `${name.padEnd(width)}  ${applied.get(name)?.at ?? 'outstanding'}\n`)
      .join('');
  });
}
