import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { User, Users } from './users.ts';

/** The one user of CHRONOLOGER_USERNAME, _PASSWORD and _ROLES. */
export class SingleUser implements Users {
  readonly #user: User;
  readonly #expected: Buffer;
  /** Digests under a key of this process have one length and tell nothing: comparing them takes constant time. */
  readonly #key = randomBytes(32);

  constructor(username: string, password: string, roles: readonly string[]) {
    this.#user = { username, roles: new Set(roles) };
    this.#expected = this.#digest(username, password);
  }

  verify(username: string, password: string): User | undefined {
    return timingSafeEqual(this.#digest(username, password), this.#expected) ? this.#user : undefined;
  }

  find(username: string): User | undefined {
    return username === this.#user.username ? this.#user : undefined;
  }

  #digest(username: string, password: string): Buffer {
    // The length keeps ("a", "bc") and ("ab", "c") apart.
    return createHmac('sha256', this.#key).update(`${username.length} ${username}${password}`).digest();
  }
}
