import type { IncomingMessage } from 'node:http';
import { basicCredentials } from './basic.ts';
import type { Tokens } from './token.ts';
import type { User, Users } from './users.ts';

/** Finds out who sends a request. */
export class Authenticator {
  readonly #users: Users;
  readonly #tokens: Tokens | undefined;

  /** Without `tokens` there are no cookies: only Basic credentials count. */
  constructor(users: Users, tokens: Tokens | undefined) {
    this.#users = users;
    this.#tokens = tokens;
  }

  /**
   * The user of a request: of a valid cookie whatever the credentials say, else of the Basic credentials; undefined for
   * nobody. Throws an ApiError (400) for a malformed Authorization header.
   */
  async userOf(request: IncomingMessage): Promise<User | undefined> {
    const byCookie = await this.cookieUserOf(request);
    if (byCookie !== undefined) return byCookie;
    const credentials = basicCredentials(request.headers.authorization);
    if (credentials === undefined) return undefined;
    return await this.#users.verify(credentials.username, credentials.password);
  }

  /** The user of a valid cookie, with the roles of now; undefined without one, or when the user is gone. */
  async cookieUserOf(request: IncomingMessage): Promise<User | undefined> {
    const token = cookie(request.headers.cookie, 'Jwt');
    if (token === undefined || this.#tokens === undefined) return undefined;
    const username = await this.#tokens.usernameOf(token);
    return username === undefined ? undefined : this.#users.find(username);
  }

  /** A cookie's value for a user, or undefined where there are no cookies. */
  async tokenFor(user: User): Promise<string | undefined> {
    return await this.#tokens?.make(user);
  }
}

function cookie(header: string | undefined, name: string): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const [key, value] = part.split('=', 2);
    if (key?.trim() === name && value !== undefined && value.trim() !== '') return value.trim();
  }
  return undefined;
}
