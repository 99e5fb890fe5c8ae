import { execFile } from 'node:child_process';
import { access, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Python = { command: string; version: string };

/** The Pythons 3 that are there, one of each version: those on PATH and those that pyenv has. */
export async function findPythons(): Promise<Python[]> {
  const onPath = await Promise.all((process.env.PATH ?? '').split(delimiter).map(pythonsIn));
  const root = await run('pyenv', ['root']).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
  const versions = root === undefined ? [] : await listed(join(root, 'versions'));
  const managed = versions.map((version) => join(root ?? '', 'versions', version, 'bin', 'python3'));
  const found = await Promise.all([...onPath.flat(), ...managed].map(versionOf));
  const first = new Map<string, Python>();
  for (const python of found) {
    if (python !== undefined && !first.has(python.version)) first.set(python.version, python);
  }
  return [...first.values()].sort((one, other) =>
    one.version.localeCompare(other.version, 'en', { numeric: true }),
  );
}

async function pythonsIn(folder: string): Promise<string[]> {
  const names = await listed(folder);
  return names.filter((name) => /^python3(\.\d+)?$/.test(name)).map((name) => join(folder, name));
}

async function listed(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** Undefined for what cannot be run, such as pyenv's stand-in for a version that is not installed. */
async function versionOf(command: string): Promise<Python | undefined> {
  const program = 'import platform; print(platform.python_version())';
  return run(command, ['-c', program]).then(
    ({ stdout }) => ({ command, version: stdout.trim() }),
    () => undefined,
  );
}

const packages = fileURLToPath(new URL('../../.cache/python/', import.meta.url));

/** The Python that has Chronologer 0.4.5 and ChronologerUI 0.4.1 from PyPI, and how to have it. */
export const PYPI_PYTHON = join(packages, 'bin', 'python');

/** Why the tests that need PYPI_PYTHON are skipped, or false. */
export async function withoutPypi(): Promise<string | false> {
  return access(PYPI_PYTHON).then(
    () => false,
    () =>
      'the original packages are not installed; to have them: python3 -m venv .cache/python && ' +
      '.cache/python/bin/pip install Chronologer==0.4.5 ChronologerUI==0.4.1',
  );
}
