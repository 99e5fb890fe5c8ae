import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A small file system of its own, in memory; only root may make one. */
export class MountedFolder {
  readonly path: string;

  /** Use mountFolder. */
  constructor(path: string) {
    this.path = path;
  }

  /** Fails with EBUSY while a file on it is open for writing. */
  async remount(mode: 'ro' | 'rw'): Promise<void> {
    await run('mount', ['-o', `remount,${mode}`, this.path]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Lazily: a process that still ends may hold it for a moment.
    await run('umount', ['-l', this.path]);
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Why these tests cannot run here; false when they can. */
export const cannotMount: string | false =
  process.platform !== 'linux' || process.getuid?.() !== 0 ? 'only root on Linux may mount' : false;

/** `size` in bytes. */
export async function mountFolder(size: number): Promise<MountedFolder> {
  const path = await mkdtemp(join(tmpdir(), 'chronologer-mount-'));
  await run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'chronologer-test', path]);
  return new MountedFolder(path);
}
