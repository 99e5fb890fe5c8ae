import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOGGER, send } from './http-request.ts';
import { startServer } from './server-process.ts';

test('a module of a reading thread is stripped of its types once, however the server ended', async () => {
  const env = { NODE_COMPILE_CACHE: '$TMP/cache', NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
  await using server = await startServer({ env });
  /** Reads, and says which modules of types were looked for in the cache, and which of them were not there. */
  const read = async () => {
    const since = server.log.length;
    const { status } = await send(server.address, { path: '/api/v1/record?left=0&right=1', headers: LOGGER });
    assert.equal(status, 200);
    const text = server.log.slice(since);
    const lines = text.matchAll(/reading cache from \S+ for StrippedTypeScript (\S+?\.ts)\.\.\.(.*)/g);
    const looked = [...lines].map(([, module = '', outcome = '']) => ({
      module,
      there: /success/.test(outcome),
    }));
    return {
      all: looked.map(({ module }) => module.slice(module.lastIndexOf('/') + 1)),
      missing: looked.filter(({ there }) => !there),
    };
  };
  const first = await read();
  assert.ok(first.all.includes('reader-thread.ts'));
  assert.ok(first.missing.length > 0, 'the cache was empty');
  await server.kill();
  await server.restart();
  const { all, missing } = await read();
  assert.ok(all.includes('reader-thread.ts'));
  assert.deepEqual(missing, []);
});
