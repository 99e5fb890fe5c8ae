import { StoreError, type StoreFault } from '../store-error.ts';

/**
 * ClickHouse's error codes (ErrorCodes.cpp) that accuse the store and not the statement, with what is told to clients.
 */
const FAULTS: ReadonlyMap<number, string> = new Map([
  [60, 'The store has lost its tables: run "chronologer migrate"'],
  [81, 'The store has lost its database: run "chronologer migrate"'],
  [164, 'The store is read-only'],
  [192, 'The store does not know this user'],
  [193, 'The store does not take this password'],
  [194, 'The store wants a password'],
  [202, 'The store is busy: too many questions at once'],
  [203, 'The store is busy: no free connection'],
  [209, 'The store cannot reach its other machines'],
  [210, 'The store cannot reach its other machines'],
  [225, 'The store has no Keeper'],
  [236, 'The store is shutting down'],
  [241, 'The store is out of memory'],
  [242, 'The store is read-only for now'],
  [243, 'The disk is full'],
  [252, 'The store is busy: it still merges what came before'],
  [279, 'The store cannot reach its other machines'],
  [285, 'The store has too few living replicas'],
  [286, 'The store has too few living replicas'],
  [319, 'The store does not know whether all replicas have it'],
  [497, 'The store denies access to this user'],
  [516, 'The store does not take this user or password'],
  [999, 'The store has trouble with its Keeper'],
]);

/** Codes of a statement that took too long, or that was ended. */
const TIMEOUTS: ReadonlySet<number> = new Set([159, 160, 394]);
/** A statement of its own may need too much memory. */
const MEMORY = 241;
/** Those after which the same statement may do in a moment. */
const PASSING: ReadonlySet<number> = new Set([
  202, 203, 209, 210, 225, 236, 242, 252, 279, 285, 286, 319, 999,
]);

/** The code of an error of ClickHouse, or undefined for any other error. */
export function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  // Of the class ClickHouseError, which is not loaded for this: other errors have names as codes.
  if ('code' in error && typeof error.code === 'string' && /^\d+$/.test(error.code))
    return Number(error.code);
  return error.cause === undefined ? undefined : codeOf(error.cause);
}

/** Whether the same statement may do in a moment: the server is away, or busy, or its Keeper is. */
export function isPassing(error: unknown): boolean {
  const code = codeOf(error);
  return code === undefined ? error instanceof StoreError : PASSING.has(code);
}

/**
 * Codes of what a format refuses in a row: CANNOT_PARSE_… and such, TOO_DEEP_RECURSION, INCORRECT_DATA. Nothing of the
 * insert is stored then.
 */
const UNREADABLE: ReadonlySet<number | undefined> = new Set([
  6, 25, 26, 27, 41, 53, 70, 72, 117, 130, 306, 349, 636,
]);

/** Whether an insert was refused for what is in it. */
export function isUnreadable(error: unknown): boolean {
  return UNREADABLE.has(codeOf(error));
}

/** An error of the client as a StoreError, the cause kept for the log. */
function storeError(error: unknown, store: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = codeOf(error);
  if (code === undefined)
    return fault('unavailable', `${store} cannot be reached: ${reasonOf(error)}`, error);
  if (TIMEOUTS.has(code)) return fault('timeout', 'Reading took too long', error);
  if (UNREADABLE.has(code)) return fault('refused', 'The store refuses the record', error);
  return fault('unavailable', FAULTS.get(code) ?? 'The store failed', error);
}

function fault(kind: StoreFault, message: string, cause: unknown): StoreError {
  return new StoreError(kind, message, { cause });
}

/** Without the path of a socket, which the message of a failed system call has: it may be shown to a client. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // The latter is of a host with several addresses.
  const isOfSystem = 'syscall' in error || error instanceof AggregateError;
  return isOfSystem && 'code' in error ? String(error.code) : error.message;
}

/** Runs `work` with errors of the client turned into StoreErrors, which call the store `store`. */
export async function withFaults<T>(store: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeError(error, store);
  }
}

/** Runs `work` on a client's expression: what does not accuse the store accuses the expression. */
export async function withQueryFaults<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined || TIMEOUTS.has(code) || (FAULTS.has(code) && code !== MEMORY)) throw error;
    if (code === MEMORY) throw fault('query', 'The query filter needs too much memory', error);
    throw fault('query', 'Make sure the query filter is a valid WHERE expression', error);
  }
}
