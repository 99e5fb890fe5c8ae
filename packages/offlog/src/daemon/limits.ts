import { readFileSync } from 'node:fs';

/** Descriptors that are kept free: for Node itself, the log, and the refusal of one client more. */
const RESERVE = 48;

/** How many descriptors clients and files may take: of the process's soft limit, which Node raises to the hard one. */
export function descriptorLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1');
    const soft = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
    return Math.max(1, soft - RESERVE);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
