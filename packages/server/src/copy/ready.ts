import { statSync } from 'node:fs';
import type { Engine, Report } from '../store/store.ts';
import { CopyError, guarded, type Role } from './copy-error.ts';

/** Starts the source and sees that it can be read; it is not changed. Rejects with a CopyError. */
export async function readySource(engine: Engine, report: Report): Promise<void> {
  if (engine.isMissing?.()) throw new CopyError(`The source, ${engine.description}, is not there`);
  await start('source', engine, report);
  await guarded('source', engine, () => engine.checkSchema());
}

/** Starts the target, and makes it or brings its schema up to date where that is due. Rejects with a CopyError. */
export async function readyTarget(engine: Engine, report: Report): Promise<void> {
  await guarded('target', engine, () => engine.prepare());
  await start('target', engine, report);
  await guarded('target', engine, async () => {
    if (!(await isCurrent(engine))) await engine.migrate(report);
    await engine.checkSchema();
  });
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
