import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** USER_HZ of Linux, 100 on every architecture that Node runs on: the unit of utime and stime in /proc. */
const TICKS_A_SECOND = 100;

async function read(path: string): Promise<string> {
  // A process or thread may end between being listed and being read; it then counts as nothing.
  return readFile(path, 'utf8').catch(() => '');
}

async function children(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(threads.map((thread) => read(`/proc/${pid}/task/${thread}/children`)));
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}

async function tree(pid: number): Promise<number[]> {
  const below = await Promise.all((await children(pid)).map(tree));
  return [pid, ...below.flat()];
}

/** CPU seconds that the process, its living descendants and its own ended children have used. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stats = await Promise.all((await tree(pid)).map((each) => read(`/proc/${each}/stat`)));
  const ticks = stats.map((line) => {
    // The second field, the command in brackets, may contain blanks; utime is the 14th, cstime the 17th.
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0);
  });
  return ticks.reduce((sum, each) => sum + each, 0) / TICKS_A_SECOND;
}

/** Resident memory in bytes of the process and its descendants; pages that they share count once for each. */
export async function residentBytes(pid: number): Promise<number> {
  const statuses = await Promise.all((await tree(pid)).map((each) => read(`/proc/${each}/status`)));
  return statuses.reduce((sum, text) => sum + Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1] ?? 0) * 1024, 0);
}

/** The highest resident memory seen until `stop` is called, looked at five times a second. */
export function watchMemory(pid: number): { stop(): Promise<number> } {
  let peak = 0;
  const look = async () => {
    peak = Math.max(peak, await residentBytes(pid));
  };
  const timer = setInterval(look, 200);
  return {
    async stop() {
      clearInterval(timer);
      await look();
      return peak;
    },
  };
}

/** Bytes of all files in a folder and in those below it. */
export async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}
