import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { LOGGER, send, textOf } from './http-request.ts';
import { type Json, parseJson } from './lossless-json.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const run = promisify(execFile);
const folder = new URL('data/loghub/', import.meta.url);
const files = (await readdir(folder)).filter((name) => name.endsWith('.log')).sort();
const noCurl = await run('curl', ['--version']).then(
  () => false,
  () => 'curl is not installed',
);

/** The lines of a log file; bytes that are no UTF-8, which JSON cannot hold, become U+FFFD. */
async function linesOf(name: string): Promise<string[]> {
  const text = await readFile(new URL(name, folder), 'utf8');
  return text.replace(/\n$/, '').split('\n');
}

let server: ServerProcess;
before(async () => {
  server = await startServer();
});
after(() => server[Symbol.asyncDispose]());

test('the log files are here', () => assert.equal(files.length, 16));

for (const name of files) {
  test(`${name}, posted by curl as NDJSON in raw mode, reads back line by line`, {
    skip: noCurl,
  }, async () => {
    const lines = await linesOf(name);
    const file = join(server.folder, `${name}.ndjson`);
    await writeFile(file, lines.map((message) => `${JSON.stringify({ message })}\n`).join(''));

    const url = `${server.address}/api/v1/record?raw=1`;
    const posted = await run(
      'curl',
      [
        '-sS',
        '-H',
        'content-type: application/x-ndjson',
        '--user',
        'logger:',
        '--data-binary',
        `@${file}`,
        url,
      ],
      { maxBuffer: 16 * 1024 * 1024 },
    );
    const ids = parseJson(posted.stdout);
    assert.ok(Array.isArray(ids), posted.stdout);
    assert.equal(ids.length, lines.length);

    const answer = await send(server.address, {
      path: `/api/v1/record?left=0&right=${lines.length - 1}`,
      headers: LOGGER,
    });
    const records = parseJson(textOf(answer)) as { id: bigint; message: string; logrec: Json }[];
    const kept = records.reverse().map(({ id, message, logrec }) => ({ id, message, logrec }));
    assert.deepEqual(
      kept,
      lines.map((message, index) => ({ id: ids[index], message, logrec: { message } })),
    );
  });
}
