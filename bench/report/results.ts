import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Row } from '../measure/row.ts';
import type { Machine } from './machine.ts';

const kept = new URL('../results', import.meta.url).pathname;
const passing = new URL('../../.cache/bench/results', import.meta.url).pathname;

/** What a run of one group found, as it is kept in bench/results/. */
export type Results = {
  /** The group and what sets it apart: start, ingest-800, reading-1000000, slicer, … */
  what: string;
  /** UTC, to the second. */
  date: string;
  machine: Machine;
  versions: Record<string, string>;
  durability: Record<string, string>;
  settings: Record<string, number>;
  rows: Row[];
};

/**
 * Writes results as <date>-<what>.json, in place of those of the same day, and answers the path: into bench/results/,
 * or, when they are not `complete`, into .cache/, where they neither reach the page nor a commit.
 */
export async function writeResults(results: Results, complete: boolean): Promise<string> {
  const folder = complete ? kept : passing;
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${results.date.slice(0, 10)}-${results.what}.json`);
  // A round's values stay on one line, so that a difference of two runs can be read.
  const json = JSON.stringify(results, null, 2).replaceAll(/\[\s+([-\d.e,\s]+?)\s+\]/g, (_, list: string) => {
    return `[${list.replaceAll(/\s+/g, ' ')}]`;
  });
  await writeFile(path, `${json}\n`);
  return path;
}

/** The newest results of each `what`, whole runs only. */
export async function newestResults(): Promise<Map<string, Results>> {
  const names = (await readdir(kept).catch(() => [])).filter((name) => name.endsWith('.json')).toSorted();
  const newest = new Map<string, Results>();
  for (const name of names) {
    const results = JSON.parse(await readFile(join(kept, name), 'utf8')) as Partial<Results>;
    // Other benches write their own kinds of files here.
    if (results.what !== undefined && results.rows !== undefined && results.machine !== undefined) {
      newest.set(results.what, results as Results);
    }
  }
  return newest;
}
