import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('percent.py', import.meta.url));

/** What takes part in a comparison with Python. */
export type Value = string | number | bigint | Map<string, string | number | bigint>;
export type Case = readonly [template: string, args: readonly Value[]];

/** Whole numbers are integers to Python when they are bigint, all numbers are floats. */
function encoded(value: Value): unknown {
  if (typeof value === 'bigint') return { int: String(value) };
  if (typeof value === 'number') return { float: Object.is(value, -0) ? '-0.0' : String(value) };
  if (value instanceof Map) return { mapping: [...value].map(([key, each]) => [key, encoded(each)]) };
  return value;
}

/** Why comparing is skipped, or false. */
export function withoutPython(): string | false {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'there is no python3 on PATH';
  }
}

/** What Python's % makes of each case; null for an error, false for characters newer than that Python. */
export function byPython(cases: readonly Case[]): (string | null | false)[] {
  const input = JSON.stringify(cases.map(([template, args]) => [template, args.map(encoded)]));
  const output = execFileSync('python3', [script], { input, maxBuffer: 2 ** 28 });
  return JSON.parse(output.toString()) as (string | null | false)[];
}
