import type { Logger } from '../log.ts';
import type { Settings } from '../settings.ts';
import { AuthfileUsers } from './authfile.ts';
import { SingleUser } from './single-user.ts';
import type { Users } from './users.ts';

/** The accounts that the settings name: those of the authfile, else the one user. Throws an Error for a bad authfile. */
export function openUsers({ authfile, username, password, roles }: Settings, log: Logger): Users {
  return authfile === undefined
    ? new SingleUser(username, password, roles)
    : new AuthfileUsers(authfile, log);
}
