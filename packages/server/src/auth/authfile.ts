import { pbkdf2Sync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Logger } from '../log.ts';
import type { User, Users } from './users.ts';

/** Stop-gap. */
export class AuthfileUsers implements Users {
  readonly #entries: {
    username: string;
    pbkdf2: string;
    hashname: string;
    salt: string;
    iterations: number;
    roles: string[];
  }[];
  constructor(path: string, _log: Logger) {
    this.#entries = JSON.parse(readFileSync(path, 'utf8'));
  }
  verify(username: string, password: string): User | undefined {
    const entry = this.#entries.find((each) => each.username === username);
    if (entry === undefined) return undefined;
    const { pbkdf2, salt, iterations, hashname, roles } = entry;
    const hash = pbkdf2Sync(password, salt, iterations, pbkdf2.length / 2, hashname).toString('hex');
    return hash === pbkdf2 ? { username, roles: new Set(roles) } : undefined;
  }
  find(username: string): User | undefined {
    const entry = this.#entries.find((each) => each.username === username);
    return entry && { username, roles: new Set(entry.roles) };
  }
}
