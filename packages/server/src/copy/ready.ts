import { statSync } from 'node:fs';
import type { OwnMigration } from '../store/own-migrations.ts';
import type { Engine, Report } from '../store/store.ts';
import { CopyError, guarded, type Role } from './copy-error.ts';

/** Starts the source and sees that it can be read; it is not changed. Rejects with a CopyError. */
export async function readySource(engine: Engine, report: Report): Promise<void> {
  if (engine.isMissing?.()) throw new CopyError(`The source, ${engine.description}, is not there`);
  await start('source', engine, report);
  await guarded('source', engine, () => engine.checkSchema());
}

/**
 * Starts the target, and makes it where there is none, with what the user's own migrations `own` make of it. One with
 * records of another version is not touched: taking over cannot be undone, and it may be the source that was meant.
 * Rejects with a CopyError.
 */
export async function readyTarget(
  engine: Engine,
  report: Report,
  own: readonly OwnMigration[] = [],
): Promise<void> {
  await guarded('target', engine, () => engine.prepare());
  await start('target', engine, report);
  await guarded('target', engine, async () => {
    if (await isCurrent(engine)) return;
    if (await engine.holdsRecords()) throw notOfThisVersion(engine);
    await engine.migrate(report, own);
    await engine.checkSchema();
  });
}

function notOfThisVersion({ description }: Engine): CopyError {
  return new CopyError(
    `The target, ${description}, has records, but not the schema of this version. If it is the target that you mean, ` +
      'run "chronologer migrate" on it first. Nothing was written',
  );
}

/** Whether two engines are of one store, as far as can be told by names and files. Rejects with a CopyError. */
export async function isSameStore(source: Engine, target: Engine): Promise<boolean> {
  const file = await guarded('source', source, () => inode(source));
  const otherFile = await guarded('target', target, () => inode(target));
  if (file === undefined || otherFile === undefined) return source.description === target.description;
  return file === otherFile;
}

function inode(engine: Engine): string | undefined {
  const [file] = engine.files();
  if (file === undefined) return undefined;
  const { dev, ino } = statSync(file, { bigint: true });
  return `${dev} ${ino}`;
}

async function start(role: Role, engine: Engine, report: Report): Promise<void> {
  try {
    await engine.start?.(report);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CopyError(`The ${role}, ${engine.description}, cannot be started: ${reason}`, { cause: error });
  }
}

async function isCurrent(engine: Engine): Promise<boolean> {
  try {
    await engine.checkSchema();
    return true;
  } catch {
    return false;
  }
}
