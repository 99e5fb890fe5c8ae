import type { User } from './users.ts';

/** After so many seconds a cookie is invalid: 30 days. */
export const TOKEN_AGE = 2_592_000;

/** Loaded when somebody signs in: most requests carry Basic credentials, and a server starts sooner without it. */
const jose = () => import('jose');

/** Signs and checks the page's cookie: a JWT (HS256) of username, roles and the time it was made. */
export class Tokens {
  readonly #secret: Uint8Array;

  constructor(secret: string) {
    this.#secret = new TextEncoder().encode(secret);
  }

  async make({ username, roles }: User): Promise<string> {
    const { SignJWT } = await jose();
    return await new SignJWT({ username, roles: [...roles] })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuedAt()
      .sign(this.#secret);
  }

  /** The username of a valid token; undefined for any other text. */
  async usernameOf(token: string): Promise<string | undefined> {
    const { jwtVerify } = await jose();
    try {
      const options = { algorithms: ['HS256'], maxTokenAge: TOKEN_AGE };
      const { payload } = await jwtVerify(token, this.#secret, options);
      const { username } = payload;
      return typeof username === 'string' ? username : undefined;
    } catch {
      return undefined;
    }
  }
}
