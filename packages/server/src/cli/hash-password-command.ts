import { randomBytes } from 'node:crypto';
import { hashPassword } from '../auth/password.ts';
import type { HashPasswordArguments } from './arguments.ts';
import { readPassword } from './password-input.ts';
import { unknownRoles } from './risks.ts';

const HASHNAME = 'sha256';
/** RFC 8018, 4.1 asks for 8; NIST SP 800-132 for 16. */
const SALT_BYTES = 16;

/** Reads a password and prints an authfile with its one entry. Throws a CommandError. */
export async function hashPasswordCommand(options: HashPasswordArguments): Promise<void> {
  const { username, roles, iterations } = options;
  for (const role of unknownRoles(roles)) complain(`'${role}' is no known role and allows nothing`);
  const password = await readPassword();
  if (password === '') complain('the password is empty');
  // The salt's text is what counts, digits or not.
  const salt = randomBytes(SALT_BYTES).toString('hex');
  const key = await hashPassword(password, { hashname: HASHNAME, salt, iterations });
  const entry = { username, pbkdf2: key.toString('hex'), hashname: HASHNAME, salt, iterations, roles };
  process.stdout.write(`${JSON.stringify([entry], null, 2)}\n`);
}

function complain(risk: string): void {
  process.stderr.write(`chronologer hash-password: warning: ${risk}\n`);
}
