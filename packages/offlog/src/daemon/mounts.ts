import { readFileSync } from 'node:fs';

/** Files that may be opened at once under one mount point: a dead one takes no more threads than that. */
const AT_ONCE = 8;

/** How long the table of mounts is believed, in milliseconds. */
const BELIEVED = 5000;

type Task = (done: () => void) => void;

/**
 * Lets few opening calls through at once for each mount point. A call on a mount that is dead never returns, and the
 * thread it is on is lost to all others.
 */
export class MountQueues {
  #mounts: string[] = [];
  #readAt = Number.NEGATIVE_INFINITY;
  readonly #queues = new Map<string, { running: number; waiting: Task[] }>();

  /** Runs a task now or when its turn comes; it calls back when it is done. `path`: as latin1, byte by byte. */
  run(path: string, task: Task): void {
    const mount = this.#mountOf(path);
    let queue = this.#queues.get(mount);
    if (queue === undefined) {
      queue = { running: 0, waiting: [] };
      this.#queues.set(mount, queue);
    }
    queue.waiting.push(task);
    this.#next(mount, queue);
  }

  #next(mount: string, queue: { running: number; waiting: Task[] }): void {
    if (queue.running >= AT_ONCE) return;
    const task = queue.waiting.shift();
    if (task === undefined) {
      if (queue.running === 0) this.#queues.delete(mount);
      return;
    }
    queue.running++;
    task(() => {
      queue.running--;
      this.#next(mount, queue);
    });
  }

  /** The longest mount point that the path begins with. No file system is asked, for it might not answer. */
  #mountOf(path: string): string {
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
