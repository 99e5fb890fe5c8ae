import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
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

/** An ext4 file system in a file, which an error of the kernel's own making turns read-only under open files. */
export class FailingDisk {
  readonly path: string;
  readonly #image: string;

  /** Use mountFailingDisk. */
  constructor(path: string, image: string) {
    this.path = path;
    this.#image = image;
  }

  async mount(): Promise<void> {
    await run('mount', ['-o', 'loop,errors=remount-ro', this.#image, this.path]);
  }

  /** What ext4 does when it meets an error (ext4(5): errors=remount-ro). */
  async fail(): Promise<void> {
    const { stdout } = await run('findmnt', ['-n', '-o', 'SOURCE', this.path]);
    await writeFile(`/sys/fs/ext4/${basename(stdout.trim())}/trigger_fs_error`, '1');
  }

  async unmount(): Promise<void> {
    await run('umount', [this.path]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run('umount', ['-l', this.path]).catch(() => undefined);
    await rm(this.path, { recursive: true, force: true });
    await rm(this.#image, { force: true });
  }
}

/** Why this cannot be tested here; false when it can. */
export const cannotFailDisk: string | false =
  cannotMount || (existsSync('/dev/loop-control') ? false : 'there are no loop devices');

/** `size` in bytes. */
export async function mountFailingDisk(size: number): Promise<FailingDisk> {
  const path = await mkdtemp(join(tmpdir(), 'chronologer-disk-'));
  const image = `${path}.img`;
  await writeFile(image, '');
  await truncate(image, size);
  await run('mkfs.ext4', ['-q', '-O', '^has_journal', image]);
  const disk = new FailingDisk(path, image);
  await disk.mount();
  return disk;
}
