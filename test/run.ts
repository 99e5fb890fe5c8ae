import { execFile } from 'node:child_process';
import { glob } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

/**
 * `npm test`: checks the sources (Biome, tsc, knip), then runs every test but those in test/faults.
 * `npm test -- FILE…`: only these test files. `npm run test:faults`: only test/faults.
 * With CI=true a test that was skipped is a failure: there, what tests need is installed.
 */
const root = fileURLToPath(new URL('..', import.meta.url));

const EVERY_TEST = ['packages/*/src/**/*.test.ts', 'bench/**/*.test.ts', 'test/**/*.test.ts'];
const FAULTS = ['test/faults/**/*.test.ts'];

const CHECKS: readonly (readonly [command: string, ...args: string[]])[] = [
  ['biome', 'check', '.'],
  ['tsc', '--noEmit'],
  ['knip'],
];

/** A test that hangs fails after this time, by name. */
const TEST_LIMIT_MS = { daily: 2 * 60_000, faults: 20 * 60_000 };

/** The name of each check that failed, after its output was printed. */
async function failedChecks(): Promise<string[]> {
  const path = [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  const failures = await Promise.all(
    CHECKS.map(
      ([command, ...args]) =>
        new Promise<string[]>((resolve) => {
          execFile(
            command,
            args,
            { cwd: root, env: { ...process.env, PATH: path } },
            (error, stdout, stderr) => {
              const name = [command, ...args].join(' ');
              console.log(error ? `✖ ${name}\n${stdout}${stderr}` : `✔ ${name}`);
              resolve(error ? [name] : []);
            },
          );
        }),
    ),
  );
  return failures.flat();
}

async function filesOf(patterns: readonly string[], exclude: readonly string[]): Promise<string[]> {
  const files = await Array.fromAsync(glob(patterns, { cwd: root, exclude }));
  return [...new Set(files)].sort().map((file) => resolve(root, file));
}

type Outcome = { failed: boolean; skipped: string[] };

async function runTests(files: string[]): Promise<Outcome> {
  const outcome: Outcome = { failed: false, skipped: [] };
  // Many tests wait for servers and clients: one file more than cores keeps the cores busy.
  const stream = run({
    files,
    concurrency: availableParallelism() + 1,
    cwd: root,
    // For the process of each file: the runner's own limit would fail a file and leave its process running.
    execArgv: [
      `--test-timeout=${faults ? TEST_LIMIT_MS.faults : TEST_LIMIT_MS.daily}`,
      '--test-force-exit',
      `--import=${new URL('blocking-output.ts', import.meta.url)}`,
    ],
  });
  stream.on('test:fail', () => {
    outcome.failed = true;
  });
  stream.on('test:pass', ({ name, file, skip }) => {
    if (skip !== undefined && skip !== false)
      outcome.skipped.push(`${file ?? ''}: ${name}: ${skip === true ? 'no reason' : skip}`);
  });
  const report = stream.compose(new spec());
  report.pipe(process.stdout, { end: false });
  await finished(report);
  return outcome;
}

const args = process.argv.slice(2);
const faults = args[0] === '--faults';
const named = faults ? args.slice(1) : args;
const whole = !faults && named.length === 0;

const failures = whole ? await failedChecks() : [];
const files =
  named.length > 0
    ? await filesOf(named, [])
    : await filesOf(faults ? FAULTS : EVERY_TEST, faults ? [] : FAULTS);
if (files.length === 0) failures.push('there is no such test file');
else {
  const { failed, skipped } = await runTests(files);
  if (failed) failures.push('tests');
  if (process.env.CI === 'true' && skipped.length > 0)
    failures.push(`${skipped.length} skipped in CI:\n  ${skipped.join('\n  ')}`);
}
for (const failure of failures) console.error(`✖ failed: ${failure}`);
process.exitCode = failures.length > 0 ? 1 : 0;
