import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { StoreError } from '../store-error.ts';
import { resultCode, withFaults } from './fault.ts';

/** How long a statement waits for another process that holds the file, in milliseconds. */
export const BUSY_TIMEOUT = 5000;

/**
 * A checkpoint copies each page once however often it was written since the last: larger steps copy less. The file is cut
 * back after a burst, so that a WAL does not keep the size of its worst day.
 */
const FOR_WRITING = `PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;
  PRAGMA wal_autocheckpoint = 16000; PRAGMA journal_size_limit = 67108864`;

/**
 * The writing connection: WAL, and FULL so that a commit is on the disk before it is answered. Throws a StoreError when
 * the file cannot be written.
 */
export function openForWriting(path: string): DatabaseSync {
  return withFaults(() => {
    const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT });
    try {
      // Before the first table: 0 is no auto_vacuum, 2 gives space back when asked. On an old file it waits for VACUUM.
      database.exec('PRAGMA auto_vacuum = 2');
      enterWal(database);
      database.exec(FOR_WRITING);
    } catch (error) {
      database.close();
      throw error;
    }
    return database;
  });
}

/** Two processes that switch a new file to WAL at once get SQLITE_BUSY without a wait: so wait here. */
function enterWal(database: DatabaseSync): void {
  for (let attempt = 1; ; attempt++) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (resultCode(error) !== 5 || attempt === 50) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20 * attempt);
    }
  }
}

/**
 * A writing connection that has the file to itself: every other connection that has ever read holds a lock, and none can
 * begin while this one is open. Throws a StoreError when there is another one, in whichever process, or the file is
 * read-only.
 */
export function openAlone(path: string): DatabaseSync {
  if (!isWritable(path) || !isWritable(dirname(resolve(path))))
    throw new StoreError('unavailable', 'The store is read-only');
  return withFaults(() => {
    const database = new DatabaseSync(path, { timeout: 1000 });
    try {
      database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT');
      database.exec(FOR_WRITING);
    } catch (error) {
      database.close();
      if (resultCode(error) !== 5) throw error;
      const message =
        'The database is open elsewhere: stop the server (and what else reads it), and try again';
      throw new StoreError('busy', message, { cause: error });
    }
    return database;
  });
}

/** A reading connection; an immutable one must be closed after use, for it never looks at the file again. */
export interface ReadingConnection {
  readonly database: DatabaseSync;
  readonly immutable: boolean;
}

/**
 * A reading connection. On a read-only file system a WAL database cannot be opened the ordinary way, because its
 * index cannot be made; nobody can write there, so it is opened as immutable.
 */
export function openForReading(path: string): ReadingConnection {
  const options = { readOnly: true, timeout: BUSY_TIMEOUT, enableDoubleQuotedStringLiterals: true };
  return withFaults(() => {
    const database = new DatabaseSync(path, options);
    try {
      database.exec('PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY; SELECT 1 FROM sqlite_master');
      return { database, immutable: false };
    } catch (error) {
      database.close();
      const code = resultCode(error);
      if ((code !== 14 && code !== 8) || isWritable(dirname(resolve(path)))) throw error;
      const uri = `${pathToFileURL(resolve(path)).href}?immutable=1`;
      return { database: new DatabaseSync(uri, options), immutable: true };
    }
  });
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** A column of a row as the type that its table promises; anything else is a damaged or foreign database. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new TypeError('a number was expected of the store');
}

export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError('a text was expected of the store');
}

export function blobOf(value: unknown): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  throw new TypeError('bytes were expected of the store');
}
