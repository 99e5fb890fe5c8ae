import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { difference } from '../conformance/compare.ts';
import { parseJson } from '../lossless-json.ts';
import { type ServerProcess, startServer } from '../server-process.ts';
import { findPythons } from './pythons.ts';
import { recordsOf } from './records.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('http_handler.py', import.meta.url));
const password = 'pässword: with a colon';
const pythons = await findPythons();

let server: ServerProcess;
before(async () => {
  server = await startServer({ env: { CHRONOLOGER_PASSWORD: password } });
});
after(() => server[Symbol.asyncDispose]());

test('logging.handlers.HTTPHandler', {
  skip: pythons.length === 0 && 'there is no python3 on PATH',
}, async (t) => {
  for (const { command, version } of pythons) {
    await t.test(`of Python ${version}: every record comes back as it was logged`, async () => {
      const name = `shop.python-${version}-`;
      const { host } = new URL(server.address);
      const { stdout } = await run(command, [script, host, password, name], {
        env: { ...process.env, PYTHONIOENCODING: 'utf-8', PYTHONDONTWRITEBYTECODE: '1' },
        maxBuffer: 64 * 1024 * 1024,
      });
      const due = stdout.trimEnd().split('\n').map(parseJson);
      assert.ok(due.length > 100, `only ${due.length} records were logged`);
      const got = await recordsOf(server, password, name);
      assert.equal(got.length, due.length);
      const wrong = due.map((record, index) => difference(record, got[index], `record ${index + 1}`));
      assert.deepEqual(
        wrong.filter((one) => one !== undefined),
        [],
      );
    });
  }
});
