import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { processListening } from './listening.ts';

test('the process that listens on a port is found, and none when it has stopped', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  assert.equal(await processListening(port), process.pid);
  server.close();
  await once(server, 'close');
  assert.equal(await processListening(port), undefined);
});
