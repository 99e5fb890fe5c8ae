import type { Results } from './results.ts';

/** When, on what and with what results were measured, in one line. */
export function conditions({ date, machine, versions, settings, what }: Results): string {
  const list = (entries: object) =>
    Object.entries(entries)
      .map(([name, value]) => `${name} ${typeof value === 'number' ? value.toLocaleString('en') : value}`)
      .join(', ');
  const { cpu, cores, memoryGigabytes, kernel, fileSystem } = machine;
  return `${date.slice(0, 10)}, ${cores} cores of ${cpu}, ${memoryGigabytes} GiB, Linux ${kernel}, ${fileSystem}; ${list(versions)}; ${list(settings)} (\`${date.slice(0, 10)}-${what}.json\`).`;
}
