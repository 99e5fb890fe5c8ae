import { statSync } from 'node:fs';
import { readAuthfile } from '../auth/authfile.ts';
import type { Role } from '../auth/users.ts';
import type { Settings } from '../settings.ts';

const ROLES = ['basic-reader', 'query-reader', 'writer'] as const satisfies readonly Role[];
/** RFC 7518, 3.2: the key of HS256 has at least as many bytes as its hash. */
const MIN_SECRET_BYTES = 32;
const READABLE_BY_ALL = 0o004;

/** A warning for each setting that is allowed and may still be a mistake. The authfile has to be good. */
export function risksOf(settings: Settings): string[] {
  return [...exposure(settings), ...secretRisk(settings), ...authfileRisk(settings), ...roleRisks(settings)];
}

function exposure({ environment, host, password, authfile }: Settings): string[] {
  if (environment === 'production')
    return password === '' && authfile === undefined
      ? ['CHRONOLOGER_PASSWORD is empty: whoever reaches this server can read and write']
      : [];
  return isLoopback(host)
    ? []
    : [`Development asks nobody who they are, and CHRONOLOGER_HOST ${host} lets others in`];
}

function secretRisk({ secret }: Settings): string[] {
  return secret !== undefined && Buffer.byteLength(secret) < MIN_SECRET_BYTES
    ? [`CHRONOLOGER_SECRET is shorter than ${MIN_SECRET_BYTES} bytes: who guesses it can sign in as anybody`]
    : [];
}

function authfileRisk({ authfile }: Settings): string[] {
  return authfile !== undefined && (statSync(authfile).mode & READABLE_BY_ALL) !== 0
    ? [`The authfile ${authfile} can be read by every user of this machine; chmod 600 it`]
    : [];
}

function roleRisks({ authfile, username, roles }: Settings): string[] {
  const users =
    authfile === undefined
      ? [{ username, roles }]
      : [...readAuthfile(authfile).values()].map(({ user }) => user);
  return users.flatMap((user) =>
    unknownRoles(user.roles).map(
      (role) =>
        `'${role}', a role of the user '${user.username}', is unknown and allows nothing; known: ${ROLES.join(', ')}`,
    ),
  );
}

/** Roles that no endpoint asks for. */
export function unknownRoles(roles: Iterable<string>): string[] {
  return [...roles].filter((role) => !ROLES.some((known) => known === role));
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);
}
