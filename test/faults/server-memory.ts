import { readdirSync, readFileSync } from 'node:fs';

const MEBIBYTE = 2 ** 20;

function statusValue(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (found === null) throw new Error(`the process ${pid} has no ${name}`);
  return (Number(found[1]) * 1024) / MEBIBYTE;
}

/** The most memory that the process had resident since it started, in MiB (proc(5): VmHWM). */
export function peakMebibytes(pid: number): number {
  return statusValue(pid, 'VmHWM');
}

/** The memory that the process has resident, in MiB. */
export function residentMebibytes(pid: number): number {
  return statusValue(pid, 'VmRSS');
}

/** The processes that a process has started and that still run. */
export function childrenOf(pid: number): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return tasks.flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

/** Whether a process runs; one that has ended and is not yet reaped does not. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
