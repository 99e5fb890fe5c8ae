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

/** Whether two engines are of one store, as far as can be told by names and files. */
export function isSameStore(one: Engine, other: Engine): boolean {
  const [file, otherFile] = [one.files()[0], other.files()[0]];
  if (file === undefined || otherFile === undefined) return one.description === other.description;
  const [found, otherFound] = [statSync(file, { bigint: true }), statSync(otherFile, { bigint: true })];
  return found.dev === otherFound.dev && found.ino === otherFound.ino;
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
