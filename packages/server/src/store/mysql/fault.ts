import { StoreError, type StoreFault } from '../store-error.ts';

/** What is known of an error of the driver: the server's own have a number, and an SQLSTATE or a code of ER_, others a code. */
interface ServerError extends Error {
  readonly errno?: number;
  readonly code?: string;
  readonly sqlState?: string;
  readonly fatal?: boolean;
}

/** https://dev.mysql.com/doc/mysql-errors/en/server-error-reference.html; 1927, 1969 and 4151 are MariaDB's. */
const FAULTS: ReadonlyMap<number, string> = new Map([
  [1021, 'The disk of the MySQL server is full'],
  [1040, 'The MySQL server has no connection left (max_connections)'],
  [1044, 'The MySQL server refuses the user of CHRONOLOGER_STORAGE_DSN access to the database'],
  [1045, 'The MySQL server refuses the user or the password of CHRONOLOGER_STORAGE_DSN'],
  [1049, 'There is no such database on the MySQL server; make it with CREATE DATABASE'],
  [1114, 'The disk of the MySQL server is full'],
  [1129, 'The MySQL server refuses this host after failed connections, until FLUSH HOSTS'],
  [1130, 'The MySQL server refuses connections from this host; no user of it may come from here'],
  [1142, 'The user of CHRONOLOGER_STORAGE_DSN lacks a privilege in the database'],
  [1146, 'A table of the store is missing'],
  [1153, 'The MySQL server refuses packets of this size (max_allowed_packet)'],
  [1203, 'The MySQL server has no connection left for the user (max_user_connections)'],
  [1205, 'The store is busy: another connection holds its rows'],
  [1213, 'The store is busy: another connection holds its rows'],
  [1226, 'The MySQL server has no connection left for the user (max_user_connections)'],
  [1290, 'The MySQL server is read-only'],
  [1698, 'The MySQL server refuses the user or the password of CHRONOLOGER_STORAGE_DSN'],
  [1820, 'The password of the user of CHRONOLOGER_STORAGE_DSN has expired; set a new one with ALTER USER'],
  [1836, 'The MySQL server is read-only'],
  [1862, 'The password of the user of CHRONOLOGER_STORAGE_DSN has expired; set a new one with ALTER USER'],
  [3118, 'The account of the user of CHRONOLOGER_STORAGE_DSN is locked on the MySQL server'],
  [3159, 'The MySQL server takes encrypted connections alone; add ?ssl=true to CHRONOLOGER_STORAGE_DSN'],
  [4151, 'The account of the user of CHRONOLOGER_STORAGE_DSN is locked on the MySQL server'],
]);

/**
 * Further ones that accuse the server, whatever is stored: memory, files and locks that it lacks, a damaged or unfit table,
 * something that is there under a new id, a transaction that it cannot commit.
 */
const OF_SERVER: ReadonlySet<number> = new Set([
  ...[1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1017, 1020, 1023, 1024, 1026, 1030, 1034],
  ...[1035, 1036, 1037, 1038, 1041, 1054, 1062, 1126, 1135, 1143, 1180, 1181, 1192, 1194, 1195, 1206],
  ...[1207, 1223, 1227, 1297, 1400, 1637, 1665, 1785, 1786, 1792, 1837, 1862, 3098, 3100, 3101],
]);

/** The server ends the connection, or will not take one now: a shutdown, a KILL, an idle connection's end. */
const ENDING: ReadonlySet<number> = new Set([1053, 1077, 1078, 1079, 1080, 1152, 1184, 1927, 3169, 4031]);
/** Rolled back, or not begun, for a reason that passes. */
const PASSING: ReadonlySet<number> = new Set([1040, 1203, 1205, 1213, 1226, 3572]);
const TIMEOUTS: ReadonlySet<number> = new Set([1969, 3024]);
const INTERRUPTED = 1317;
const PACKET_TOO_LARGE = 1153;

/** The number of an error that the server answered; undefined for any other error. */
export function serverErrno(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { errno, code, sqlState } = error as ServerError;
  // Before it knows what the client understands, a server answers without an SQLSTATE: as to a host that it does not want.
  const isServers = typeof sqlState === 'string' || code?.startsWith('ER_') === true;
  return isServers && typeof errno === 'number' ? errno : undefined;
}

/** Whether nothing can be asked of the connection any more. */
export function isLost(error: unknown): boolean {
  const errno = serverErrno(error);
  if (errno !== undefined) return ENDING.has(errno) || (error as ServerError).fatal === true;
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return false;
  const { code, fatal, message } = error as ServerError;
  return fatal === true || typeof code === 'string' || /closed state|enqueue|destroyed/i.test(message);
}

/** Whether the same may succeed in a moment, the transaction being rolled back. */
export function isPassing(error: unknown): boolean {
  const errno = serverErrno(error);
  return errno === undefined ? isLost(error) : ENDING.has(errno) || PASSING.has(errno);
}

/**
 * An error of the driver as a StoreError, the cause kept for the server's log. `otherwise` is the fault of an error that
 * does not accuse the store: in a client's expression it accuses the expression.
 */
export function storeError(error: unknown, otherwise: StoreFault = 'unavailable'): unknown {
  if (error instanceof StoreError) return error;
  const errno = serverErrno(error);
  const options = { cause: error };
  if (errno === undefined) return isLost(error) ? unreachable(error as ServerError) : error;
  if (TIMEOUTS.has(errno)) return new StoreError('timeout', 'Reading took too long', options);
  if (errno === INTERRUPTED) return new StoreError('busy', 'The statement was ended', options);
  if (otherwise === 'query' && !isAccusingStore(errno)) {
    return new StoreError('query', 'Make sure the query filter is a valid WHERE expression', options);
  }
  if (ENDING.has(errno)) return new StoreError('unavailable', 'The MySQL server cannot be reached', options);
  return new StoreError('unavailable', FAULTS.get(errno) ?? 'The MySQL server failed', options);
}

/**
 * The same of an insert that is rolled back: an error that does not accuse the server accuses what was to be stored.
 * `isUncertain`: it may be stored yet by an earlier attempt, whose answer was lost.
 */
export function insertError(error: unknown, isUncertain: boolean): unknown {
  const errno = serverErrno(error);
  if (errno === undefined || isUncertain || isAccusing(errno)) return storeError(error);
  return new StoreError('refused', 'The MySQL server refuses the record', { cause: error });
}

function isAccusing(errno: number): boolean {
  if (errno === PACKET_TOO_LARGE) return false;
  const passes = ENDING.has(errno) || PASSING.has(errno) || TIMEOUTS.has(errno) || errno === INTERRUPTED;
  return passes || FAULTS.has(errno) || OF_SERVER.has(errno);
}

/** The driver's and the system's codes: of encryption nothing is tried again, of the rest the code says why. */
function unreachable(error: ServerError): StoreError {
  const { code = '', message } = error;
  const options = { cause: error };
  if (code.startsWith('HANDSHAKE_'))
    return new StoreError('unavailable', `No encrypted connection to the MySQL server: ${message}`, options);
  const why = /^E[A-Z]+$/.test(code) ? ` (${code})` : '';
  return new StoreError('unavailable', `The MySQL server cannot be reached${why}`, options);
}

/** 1142 and 1146 are what an expression meets that names a table which is not its own. */
function isAccusingStore(errno: number): boolean {
  return ENDING.has(errno) || (FAULTS.has(errno) && errno !== 1142 && errno !== 1146);
}
