import { HASHES, MAX_ITERATIONS, type PasswordHash } from './password.ts';
import type { User } from './users.ts';

/** A user of the authfile. */
export interface Account {
  readonly user: User;
  readonly hash: PasswordHash;
}

/** Reads a field's value; throws an Error that says what is due. */
type FieldReader<T> = (value: unknown) => T;

const username: FieldReader<string> = (value) => {
  // Basic credentials end the name at the first colon (RFC 7617).
  if (typeof value === 'string' && value !== '' && !value.includes(':')) return value;
  throw new Error('a text without a colon is due');
};

const salt: FieldReader<string> = (value) => {
  if (typeof value === 'string') return value;
  throw new Error('a text is due');
};

const hashname: FieldReader<string> = (value) => {
  const name = typeof value === 'string' ? value.toLowerCase() : '';
  if (HASHES.has(name)) return name;
  throw new Error(`one of ${[...HASHES.keys()].join(', ')} is due`);
};

const iterations: FieldReader<number> = (value) => {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_ITERATIONS)
    return value;
  throw new Error(`an integer from 1 to ${MAX_ITERATIONS} is due`);
};

const roles: FieldReader<readonly string[]> = (value) => {
  if (Array.isArray(value) && value.every((role) => typeof role === 'string')) return value;
  throw new Error('a list of texts is due');
};

function key(bytes: number): FieldReader<Uint8Array> {
  return (value) => {
    if (typeof value === 'string' && value.length === 2 * bytes && /^[0-9a-f]*$/i.test(value))
      return Buffer.from(value, 'hex');
    throw new Error(`${2 * bytes} hexadecimal digits are due`);
  };
}

/**
 * The users of an authfile: a JSON list of {username, pbkdf2, hashname, salt, iterations, roles}. Other fields are
 * ignored. Throws an Error that names the entry and the field that is wrong, never a value of it.
 */
export function parseAuthfile(text: string): ReadonlyMap<string, Account> {
  const entries = parseJson(text);
  if (!Array.isArray(entries)) throw new Error('a JSON list of users is due');
  const accounts = new Map<string, Account>();
  for (const [index, entry] of entries.entries()) {
    const account = parseEntry(entry, index + 1);
    const name = account.user.username;
    if (accounts.has(name)) throw new Error(`entry ${index + 1}: there is a user '${name}' before it`);
    accounts.set(name, account);
  }
  return accounts;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which is no text for a log.
    throw new Error('it is no JSON');
  }
}

function parseEntry(entry: unknown, number: number): Account {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    throw new Error(`entry ${number}: an object is due`);
  const fields: Readonly<Record<string, unknown>> = { ...entry };
  const name = typeof fields.username === 'string' ? ` ('${fields.username}')` : '';
  const read = <T>(field: string, reader: FieldReader<T>): T => {
    const where = `entry ${number}${name}`;
    if (!Object.hasOwn(fields, field)) throw new Error(`${where}: ${field} is missing`);
    try {
      return reader(fields[field]);
    } catch (error) {
      throw new Error(`${where}: ${field}: ${error instanceof Error ? error.message : error}`);
    }
  };
  const user = { username: read('username', username), roles: new Set(read('roles', roles)) };
  const parameters = {
    hashname: read('hashname', hashname),
    salt: read('salt', salt),
    iterations: read('iterations', iterations),
  };
  const bytes = HASHES.get(parameters.hashname)?.bytes ?? 0;
  return { user, hash: { ...parameters, key: read('pbkdf2', key(bytes)) } };
}
