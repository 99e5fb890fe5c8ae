import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../packages/server/src/store/sqlite/temporary.ts';

const RUNNER = fileURLToPath(new URL('run.ts', import.meta.url));
const MANY = 3000;

/** Runs the runner on one file of tests, whose process would not end by itself. */
async function runOn(code: string, env: NodeJS.ProcessEnv = {}): Promise<{ code: number; output: string }> {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'tests.test.ts');
  await writeFile(file, `import { test } from 'node:test';\nsetInterval(() => undefined, 1000);\n${code}`);
  // Of NODE_TEST_CONTEXT it would take itself for the process of a file.
  const { NODE_TEST_CONTEXT: _, ...own } = process.env;
  return await new Promise((resolve) => {
    const options = { env: { ...own, CI: '', ...env }, maxBuffer: 2 ** 26 };
    execFile(process.execPath, [RUNNER, file], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
  });
}

const many = `for (let n = 0; n < ${MANY}; n++) test(\`passes \${n}\`, () => undefined);`;

test('npm test: no result is missing, whatever keeps the process of the tests going', async () => {
  const { code, output } = await runOn(many);
  assert.match(output, new RegExp(`^ℹ tests ${MANY}$`, 'm'));
  assert.match(output, new RegExp(`^ℹ pass ${MANY}$`, 'm'));
  assert.equal(code, 0);
});

test('npm test: the last of many tests fails', async () => {
  const { code, output } = await runOn(`${many}\ntest('fails', () => { throw new Error('so'); });`);
  assert.match(output, /^✖ fails/m);
  assert.match(output, /^ℹ fail 1$/m);
  assert.equal(code, 1);
});

test('npm test: a skipped test is a failure in CI and nowhere else', async () => {
  const skipped = `${many}\ntest('skipped', { skip: 'nothing to do it with' });`;
  assert.equal((await runOn(skipped)).code, 0);
  const { code, output } = await runOn(skipped, { CI: 'true' });
  assert.equal(code, 1);
  assert.match(output, /failed: 1 skipped in CI:\n.*skipped: nothing to do it with/);
});
