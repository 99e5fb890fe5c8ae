import { readFileSync } from 'node:fs';

/** How long the table of mounts is believed, in milliseconds. */
const BELIEVED = 5000;

/** Under which mount points paths are. */
export class Mounts {
  #mounts: string[] = [];
  #readAt = Number.NEGATIVE_INFINITY;

  /**
   * The longest mount point that the path begins with; `path` as latin1, byte by byte. No file system is asked, for it
   * might not answer: so symbolic links are not followed.
   */
  of(path: string): string {
    const now = performance.now();
    if (now - this.#readAt > BELIEVED) {
      this.#mounts = mountPoints();
      this.#readAt = now;
    }
    let found = '/';
    for (const mount of this.#mounts) {
      if (mount.length > found.length && (path === mount || path.startsWith(`${mount}/`))) found = mount;
    }
    return found;
  }
}

/** Of proc_pid_mountinfo(5): the fifth field, with blanks as \040. None where there is no such file. */
function mountPoints(): string[] {
  try {
    return readFileSync('/proc/self/mountinfo', 'latin1')
      .split('\n')
      .flatMap((line) => line.split(' ')[4] ?? [])
      .map((field) =>
        field.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
      );
  } catch {
    return [];
  }
}
