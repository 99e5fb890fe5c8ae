import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = new URL('../..', import.meta.url).pathname;

/**
 * `reference` is Chronologer 0.4.5, `ours` this project; VictoriaLogs takes part in ingest where it is to be had, `dynamic`,
 * this project with a table of MySQL that is not packed, in what is measured there.
 */
export type Side = 'reference' | 'ours' | 'victorialogs' | 'dynamic';

/** A server that can be started: the command and its arguments before the options. */
export type Kind = {
  side: Side;
  command: string;
  args: readonly string[];
  version: string;
  /** What its process needs beside what all have. */
  environment?: NodeJS.ProcessEnv;
};

/** How to have the reference: its wheel needs MySQLdb to start, also on SQLite. The driver it names is built of C. */
export const HOW_TO_GET_THE_REFERENCE = `The reference, Chronologer 0.4.5, is not here, so this server is measured alone. To have it:
  apt install gcc libmariadb-dev-compat
  python3.8 -m venv .cache/reference
  .cache/reference/bin/pip install 'setuptools<58' wheel
  .cache/reference/bin/pip install 'Chronologer[server,mysql]==0.4.5'
or name its Python or its command in CHRONOLOGER_REFERENCE. It is started with -e production serve -m.`;

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** With the Python beside the command and its SQLite, as far as that Python can be asked. */
async function referenceVersion(command: string): Promise<string> {
  const script =
    'import platform, sqlite3; print("Python", platform.python_version(), "SQLite", sqlite3.sqlite_version)';
  const asked = await run(join(dirname(command), 'python'), ['-c', script]).catch(() => undefined);
  return `Chronologer 0.4.5 ${asked?.stdout.trim() ?? ''}`.trim();
}

/** The reference as found, or undefined. A path that ends in python is started with -m chronologer. */
export async function findReference(): Promise<Kind | undefined> {
  const places = process.env.CHRONOLOGER_REFERENCE
    ? [process.env.CHRONOLOGER_REFERENCE]
    : [`${root}.cache/reference/bin/chronologer`, `${root}.cache/reference/bin/python`];
  for (const command of places) {
    if (!(await exists(command))) continue;
    const args = basename(command).startsWith('python') ? ['-m', 'chronologer'] : [];
    return { side: 'reference', command, args, version: await referenceVersion(command) };
  }
  return undefined;
}

/** VictoriaLogs, where CHRONOLOGER_VICTORIALOGS names its binary. */
export async function findVictoriaLogs(): Promise<Kind | undefined> {
  const command = process.env.CHRONOLOGER_VICTORIALOGS;
  if (command === undefined) return undefined;
  const { stdout } = await run(command, ['--version']);
  return { side: 'victorialogs', command, args: [], version: stdout.trim() };
}

/** This project's server, from its sources. */
export async function ownServer(): Promise<Kind> {
  const command = `${root}packages/server/bin/chronologer`;
  // The commit says which server it was; a copy without git history still measures.
  const commit = await run('git', ['-C', root, 'describe', '--always', '--dirty']).catch(() => undefined);
  return { side: 'ours', command, args: [], version: commit?.stdout.trim() ?? 'unknown commit' };
}

/** The same with a migration of the user's own, as docs/stores.md has it for the highest rate on MySQL. */
export function withDynamicRows(own: Kind): Kind {
  const migrations = new URL('migrations', import.meta.url).pathname;
  return { ...own, side: 'dynamic', environment: { CHRONOLOGER_MIGRATIONS: migrations } };
}
