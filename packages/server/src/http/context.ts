import type { Authenticator } from '../auth/authenticator.ts';
import type { Role, User } from '../auth/users.ts';
import type { Logger } from '../log.ts';
import type { ReadingWorkers } from '../threads/reading.ts';
import type { Writer } from '../threads/writer.ts';
import type { BodyLimits } from './body.ts';
import type { Budget } from './budget.ts';
import type { CompressLevels } from './encoding.ts';

/** What the routes work with. */
export interface Context {
  readonly version: string;
  readonly log: Logger;
  readonly writer: Pick<Writer, 'write'>;
  readonly workers: ReadingWorkers;
  /** Undefined where nobody signs in (development). */
  readonly authenticator: Pick<Authenticator, 'userOf' | 'cookieUserOf' | 'tokenFor'> | undefined;
  /** Undefined where answers are not compressed (development). */
  readonly compress: CompressLevels | undefined;
  /** Whether pages of other origins may use the API (development). */
  readonly cors: boolean;
  readonly bodyLimits: BodyLimits;
  readonly budget: Budget;
}

/** A request on its way through a route. */
export interface Visit {
  readonly user: User;
  readonly url: URL;
}

export function may(user: User, role: Role): boolean {
  return user.roles.has(role);
}
