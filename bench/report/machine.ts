import { readFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { wrkVersion } from '../load/wrk.ts';
import type { Kind } from '../servers/kinds.ts';

const root = new URL('../..', import.meta.url).pathname;

/** What the figures were measured on. */
export type Machine = {
  cpu: string;
  cores: number;
  memoryGigabytes: number;
  kernel: string;
  fileSystem: string;
  /** The share of the cores that others used just before the run and just after it, the greater one, 0 to 1. */
  busy: number;
};

/** The type of the file system that holds the stores, as the longest matching mount point names it. */
async function fileSystem(): Promise<string> {
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' '));
  const above = mounts.filter(([, point]) => point !== undefined && root.startsWith(point));
  return above.toSorted((a, b) => (b[1]?.length ?? 0) - (a[1]?.length ?? 0))[0]?.[2] ?? 'unknown';
}

/** User, system and all other work, and everything together with idling, in ticks since the machine started. */
async function processorTicks(): Promise<{ busy: number; all: number }> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  const all = ticks.reduce((sum, each) => sum + each, 0);
  // The fourth and fifth are idling and waiting for the disk.
  return { busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0), all };
}

/** The share of the cores in use, 0 to 1, in the second that comes; asked while nothing of ours runs. */
export async function busyShare(): Promise<number> {
  const before = await processorTicks();
  await sleep(1000);
  const after = await processorTicks();
  return Number(((after.busy - before.busy) / (after.all - before.all)).toFixed(3));
}

export async function describeMachine(busy: number): Promise<Machine> {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    fileSystem: await fileSystem(),
    busy,
  };
}

/** Versions of all that takes part. */
export async function describeVersions(kinds: readonly Kind[]): Promise<Record<string, string>> {
  const wrk = await wrkVersion();
  return {
    node: process.versions.node,
    sqlite: process.versions.sqlite ?? 'unknown',
    ...(wrk === undefined ? {} : { wrk }),
    ...Object.fromEntries(kinds.map(({ side, version }) => [side, version])),
  };
}

/**
 * What a 2xx promises on each side. The reference's settings were read over the wire (`query` with pragma_synchronous
 * and pragma_journal_mode) and its system calls seen with strace; ours are in docs/design.md.
 */
export const DURABILITY = {
  reference:
    'SQLite, rollback journal (DELETE), synchronous=FULL: fdatasync before the answer; survives a power cut',
  ours: 'SQLite, WAL, synchronous=FULL: fdatasync before the answer, one for all that waits; survives a power cut',
  dynamic: 'what the server of MySQL promises',
  victorialogs: 'in memory for about a second: not durable when it is answered',
} as const;
