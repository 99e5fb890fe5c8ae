/** Who may do what: reading, reading with a `query`, writing. */
export type Role = 'basic-reader' | 'query-reader' | 'writer';

/** Somebody who has proved who they are, or the account of somebody who might. */
export interface User {
  readonly username: string;
  /** As configured; a name that is no Role allows nothing. */
  readonly roles: ReadonlySet<string>;
}

/** The accounts, of whatever kind. */
export interface Users {
  /** The user whose password this is, or undefined. As slow for an unknown user as for a wrong password. */
  verify(username: string, password: string): Promise<User | undefined> | User | undefined;
  /** The account as it is now, or undefined when there is none of that name. */
  find(username: string): User | undefined;
}

/** Of everybody, where nobody signs in (development). */
export const ANYBODY: User = {
  username: '',
  roles: new Set<string>(['basic-reader', 'query-reader', 'writer'] satisfies Role[]),
};
