import { execFileSync } from 'node:child_process';
import { lchownSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from './command-error.ts';

/** Whom the server becomes. */
export interface Identity {
  /** Absent: the user stays. `name` is absent for a number that no user has. */
  readonly user?: { readonly uid: number; readonly name?: string };
  readonly gid: number;
}

/**
 * Looks up -u and -g, names or numbers; undefined without either. Throws a CommandError for somebody unknown, or when
 * this process is not root and so cannot become anybody.
 */
export function findIdentity(user: string | undefined, group: string | undefined): Identity | undefined {
  if (user === undefined && group === undefined) return undefined;
  if (process.getuid?.() !== 0) throw new CommandError('-u and -g work for root alone');
  const found = user === undefined ? undefined : findUser(user);
  const gid = group === undefined ? found?.gid : findGroup(group);
  if (gid === undefined)
    throw new CommandError(`-u ${user}: no user has this number; name a group, too (-g)`);
  if (found === undefined) return { gid };
  const { uid, name } = found;
  return { user: { uid, ...(name !== undefined && { name }) }, gid };
}

/**
 * Gives what the server made to the new owner, folders with all that is in them. A link is given itself, never what it
 * points to.
 */
export function giveAway(paths: readonly string[], { user, gid }: Identity): void {
  for (const path of paths) {
    const stat = lstatSync(path);
    lchownSync(path, user?.uid ?? stat.uid, gid);
    if (stat.isDirectory())
      giveAway(
        readdirSync(path).map((name) => join(path, name)),
        user === undefined ? { gid } : { user, gid },
      );
  }
}

/** Becomes somebody else, for good. The order matters: who is no longer root cannot change groups. */
export function become({ user, gid }: Identity): void {
  if (user?.name !== undefined) initgroups(user.name, gid);
  else process.setgroups?.([gid]);
  process.setgid?.(gid);
  if (user !== undefined) process.setuid?.(user.uid);
  if (process.getgid?.() !== gid || (user !== undefined && process.getuid?.() !== user.uid))
    throw new CommandError('The rights of root cannot be dropped');
}

/** All groups of a user. Node has had it since 0.9.4; its types lack it. */
function initgroups(name: string, gid: number): void {
  const { initgroups: call } = process as { initgroups?: (user: string, extraGroup: number) => void };
  call?.(name, gid);
}

function findUser(user: string): { uid: number; gid?: number; name?: string } {
  const [name, , uid, gid] = find('passwd', user) ?? [];
  if (name !== undefined) return { uid: Number(uid), gid: Number(gid), name };
  if (!isNumber(user)) throw new CommandError(`-u ${user}: there is no such user`);
  return { uid: Number(user) };
}

function findGroup(group: string): number {
  const gid = isNumber(group) ? group : find('group', group)?.[2];
  if (gid === undefined) throw new CommandError(`-g ${group}: there is no such group`);
  return Number(gid);
}

/** Ids are 32 bits; the last one means "leave it". */
function isNumber(text: string): boolean {
  return /^\d+$/.test(text) && Number(text) < 2 ** 32 - 1;
}

/** The fields of a user or group, by name or number, from wherever this machine keeps them. */
function find(database: 'passwd' | 'group', key: string): string[] | undefined {
  const line = isNumber(key) || !/[:\n]/.test(key) ? entryOf(database, key) : undefined;
  return line?.trimEnd().split(':');
}

function entryOf(database: 'passwd' | 'group', key: string): string | undefined {
  try {
    return execFileSync('getent', ['--', database, key], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isAbsent) return undefined;
  }
  // Without getent there are no other sources than the file.
  const lines = readFileSync(`/etc/${database}`, 'utf8').split('\n');
  return lines.find((line) => {
    const [name, , id] = line.split(':');
    return name === key || id === key;
  });
}
