import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { StoreError } from '../store-error.ts';
import { parseMysqlAddress } from './address.ts';
import { MysqlEngine } from './engine.ts';

/** What a server sends in place of a greeting: it has no SQLSTATE yet. */
function refusal(errno: number, text: string): Buffer {
  const payload = Buffer.concat([Buffer.from([0xff, errno & 0xff, errno >> 8]), Buffer.from(text)]);
  return Buffer.concat([Buffer.from([payload.length, 0, 0, 0]), payload]);
}

test('what a server refuses before its greeting is told plainly', async () => {
  for (const [errno, text, message] of [
    [
      1130,
      "Host '192.0.2.1' is not allowed to connect to this MySQL server",
      /refuses connections from this host/,
    ],
    [1129, "Host '192.0.2.1' is blocked because of many connection errors", /FLUSH HOSTS/],
    [1040, 'Too many connections', /max_connections/],
    [3159, 'Connections using insecure transport are prohibited', /\?ssl=true/],
  ] as const) {
    const server = createServer((socket) => socket.end(refusal(errno, text))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const engine = new MysqlEngine(parseMysqlAddress(`mysql://user@127.0.0.1:${port}/database`));
    await assert.rejects(engine.checkSchema(), (error) => {
      assert.ok(error instanceof StoreError && message.test(error.message), String(error));
      return true;
    });
    server.close();
  }
});
