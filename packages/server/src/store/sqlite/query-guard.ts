import { constants, type DatabaseSync } from 'node:sqlite';
import { StoreError } from '../store-error.ts';

/** Longest text or blob that an expression may make, in bytes: larger than any record, smaller than a machine. */
const MAX_VALUE = 268_435_456;

/** What an expression may name. */
const READABLE: ReadonlySet<string> = new Set([
  'record',
  'chosen_record',
  'picked_record',
  'json_each',
  'json_tree',
]);

/** What the views of these names read for it: only what makes up a record. */
const BEHIND: ReadonlySet<string> = new Set(['recent', 'block', 'chosen', 'picked', 'places']);

/** Lets the program itself through a confined connection. */
export interface Confinement {
  lift<T>(work: () => T): T;
}

/**
 * Confines a connection to reading `record`: whatever an expression names besides (other tables, PRAGMA, ATTACH,
 * load_extension, writing) is refused while it is compiled. json_each and json_tree read nothing but their argument.
 */
export function confine(database: DatabaseSync): Confinement {
  database.limits.length = MAX_VALUE;
  let lifted = false;
  const { SQLITE_OK, SQLITE_DENY, SQLITE_SELECT, SQLITE_READ, SQLITE_FUNCTION, SQLITE_TRANSACTION } =
    constants;
  const allowed = (action: number, first: string | null, second: string | null) => {
    if (lifted || action === SQLITE_SELECT || action === SQLITE_TRANSACTION) return true;
    if (action === SQLITE_FUNCTION) return second !== 'load_extension';
    if (action !== SQLITE_READ) return false;
    return READABLE.has(first ?? '') || BEHIND.has(first ?? '');
  };
  database.setAuthorizer((action, first, second) =>
    allowed(action, first, second) ? SQLITE_OK : SQLITE_DENY,
  );
  return {
    lift(work) {
      const before = lifted;
      lifted = true;
      try {
        return work();
      } finally {
        lifted = before;
      }
    },
  };
}

/**
 * Throws a StoreError unless the text is one expression without placeholders. SQLite's own parser is the judge: a text
 * that closes the bracket around it, or goes on behind it (`1) OR (1`, `1); --`), cannot also stand between CASE WHEN
 * and THEN, where no bracket is open; one that leaves that CASE cannot stand in the bracket.
 */
export function checkExpression(database: DatabaseSync, expression: string): void {
  const bracketed = `SELECT 1 FROM record WHERE (${expression}\n)`;
  const statement = database.prepare(bracketed);
  database.prepare(`SELECT CASE WHEN ${expression}\n THEN 1 END FROM record`);
  if (expression.includes('\0') || statement.expandedSQL !== bracketed || hasBadPath(expression)) {
    throw new StoreError('query', 'Make sure the query filter is a valid WHERE expression');
  }
}

/** A literal path behind json_extract( or an arrow. */
const PATHS = /(?:json_extract\s*\([^'"]*,|->>?)\s*'(\$(?:[^']|'')*)'/gi;
/** $, then keys and array places (https://www.sqlite.org/json1.html#path_arguments). */
const PATH = /^\$(?:\.(?:"[^"]*"|[^.["][^.[]*)|\[(?:\d+|#(?:-\d+)?)\])*$/;

/**
 * SQLite once refused a path that is no path; since 3.45 it answers NULL where an object stands in the way of the bad
 * part. A slip of the pen is told, not answered with no records.
 */
function hasBadPath(expression: string): boolean {
  return [...expression.matchAll(PATHS)].some(([, path = '']) => !PATH.test(path.replaceAll("''", "'")));
}
