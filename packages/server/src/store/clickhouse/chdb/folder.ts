import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** What chdb and its process leave in a folder that holds nothing yet, and what a file system has of its own. */
const NO_STORE_YET: ReadonlySet<string> = new Set(['status', 'tmp', 'chronologer.sock', 'lost+found']);

/**
 * Makes a folder with those that it is in; returns those that were made, the outermost first. Throws an Error that says why
 * it cannot be. Each by itself: where none can be made, as in /proc, mkdir with `recursive` never returns (Node 26).
 */
export function makeFolder(folder: string): string[] {
  const missing: string[] = [];
  let path = resolve(folder);
  for (; !existsSync(path); path = dirname(path)) missing.unshift(path);
  if (!statSync(path).isDirectory()) throw new Error(`${path} is a file, and no folder can be there`);
  for (const each of missing) {
    try {
      mkdirSync(each, { mode: 0o700 });
    } catch (error) {
      // Another process may have been quicker.
      if (!existsSync(each))
        throw new Error(`the folder ${each} cannot be made: ${codeOf(error)}`, { cause: error });
    }
  }
  return missing;
}

/** Removes folders that were made, as far as they are empty. */
export function unmakeFolders(made: readonly string[]): void {
  for (const folder of made.toReversed()) {
    try {
      rmdirSync(folder);
    } catch {
      return;
    }
  }
}

/** Throws an Error for a folder with something in it, but no store: chdb would make one between what is there. */
export function refuseForeign(folder: string): void {
  const names = readdirSync(folder);
  if (names.includes('metadata')) return;
  const foreign = names.find((name) => !NO_STORE_YET.has(name) && !name.startsWith('.'));
  if (foreign !== undefined)
    throw new Error(`the folder ${folder} holds no store, but other things: ${foreign}`);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
