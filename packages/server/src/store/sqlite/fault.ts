import { StoreError, type StoreFault } from '../store-error.ts';

/** A page is not what it should be. */
export const SQLITE_CORRUPT = 11;

/** SQLite's primary result codes (https://www.sqlite.org/rescode.html) that say what is wrong with the store. */
const FAULTS: ReadonlyMap<number, string> = new Map([
  [3, 'The store may not be opened: access to its file is denied'],
  [5, 'The store is busy: another process holds it'],
  [6, 'The store is busy: another process holds it'],
  [7, 'The store is out of memory'],
  [8, 'The store is read-only'],
  [10, 'The store cannot be read or written: the disk reports an error'],
  [SQLITE_CORRUPT, 'The store is damaged: see what "chronologer check" says, or restore a backup'],
  [13, 'The disk is full'],
  [14, 'The store cannot be opened'],
  [26, 'The store is no SQLite database, or its first page is damaged'],
]);

/** The code of an error of node:sqlite, or undefined for any other error. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  return error.errcode & 0xff;
}

/**
 * An error of node:sqlite as a StoreError, the cause kept for the server's log. `otherwise` is the fault of a code that
 * does not accuse the store: in a client's expression it accuses the expression.
 */
export function storeError(error: unknown, otherwise: StoreFault = 'unavailable'): unknown {
  if (error instanceof StoreError) return error;
  const code = resultCode(error);
  const message = code === undefined ? undefined : FAULTS.get(code);
  if (message !== undefined) return new StoreError('unavailable', message, { cause: error });
  if (otherwise === 'query') {
    return new StoreError('query', 'Make sure the query filter is a valid WHERE expression', {
      cause: error,
    });
  }
  return code === undefined ? error : new StoreError('unavailable', 'The store failed', { cause: error });
}

/** Runs `work` with errors of node:sqlite turned into StoreErrors. */
export function withFaults<T>(work: () => T, otherwise?: StoreFault): T {
  try {
    return work();
  } catch (error) {
    throw storeError(error, otherwise);
  }
}
