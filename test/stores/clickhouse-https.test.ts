import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { createServer } from 'node:tls';
import { promisify } from 'node:util';
import { skipWithoutChdb } from '../../packages/server/src/store/clickhouse/testing/chdb-installed.ts';
import { type StandIn, startStandIn } from '../../packages/server/src/store/clickhouse/testing/stand-in.ts';
import { temporaryFolder } from '../../packages/server/src/store/sqlite/temporary.ts';
import { LOGGER, send, textOf } from '../http-request.ts';
import { runCommand, startServer } from '../server-process.ts';

/** A key and a certificate of its own for one address, as the files key.pem and certificate.pem of a folder. */
async function makeCertificate(folder: string, address: string): Promise<void> {
  const subject = ['-subj', '/CN=clickhouse', '-addext', `subjectAltName=IP:${address}`];
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'certificate.pem')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await promisify(execFile)('openssl', ['req', '-x509', '-days', '2', ...key, ...subject, ...files]);
}

/** HTTPS before a server of HTTP, as ClickHouse has on port 8443. */
async function startHttps(folder: string, { address }: StandIn) {
  const { hostname, port } = new URL(address.url);
  const open = new Set<Socket>();
  const server = createServer(
    { key: await readFile(join(folder, 'key.pem')), cert: await readFile(join(folder, 'certificate.pem')) },
    (client) => {
      const onward = connect({ host: hostname, port: Number(port) });
      for (const [from, to] of [
        [client, onward],
        [onward, client],
      ] as const) {
        open.add(from);
        from.on('error', () => to.destroy()).on('close', () => to.destroy());
        from.pipe(to);
      }
    },
  );
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

test('ClickHouse by HTTPS: written and read, and told nothing where its certificate is not trusted', {
  skip: skipWithoutChdb,
}, async () => {
  await using folder = await temporaryFolder();
  await using standIn = await startStandIn();
  const { user, password } = standIn.address;
  const dsnOf = (port: number, options: string) =>
    `clickhouse://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/logs${options}`;

  await makeCertificate(folder.path, '127.0.0.1');
  await using https = await startHttps(folder.path, standIn);
  const env = {
    CHRONOLOGER_STORAGE_DSN: dsnOf(https.port, '?secure=1'),
    NODE_EXTRA_CA_CERTS: join(folder.path, 'certificate.pem'),
  };
  await using server = await startServer({ env });
  const headers = { ...LOGGER, 'Content-Type': 'application/json' };
  const body = JSON.stringify({ name: 'n', created: 1_700_000_000, levelno: 20, message: 'by HTTPS' });
  const posted = await send(server.address, { method: 'POST', path: '/api/v1/record', headers, body });
  assert.equal(posted.status, 201, textOf(posted));
  const page = await send(server.address, { path: '/api/v1/record?left=0&right=9', headers: LOGGER });
  assert.deepEqual(
    JSON.parse(textOf(page)).map(({ message }: { message: string }) => message),
    ['by HTTPS'],
  );

  await makeCertificate(folder.path, '127.0.0.2');
  await using another = await startHttps(folder.path, standIn);
  for (const [dsn, trusted, reason] of [
    [dsnOf(https.port, '?secure=1'), undefined, /self-signed certificate/],
    // It is trusted, but another host's.
    [dsnOf(another.port, '?secure=1'), env.NODE_EXTRA_CA_CERTS, /IP: 127\.0\.0\.1 is not in the cert's list/],
    [dsnOf(https.port, ''), undefined, /cannot be reached/],
  ] as const) {
    const end = await runCommand(['migrate', '--status'], {
      cwd: folder.path,
      env: { CHRONOLOGER_STORAGE_DSN: dsn, ...(trusted !== undefined && { NODE_EXTRA_CA_CERTS: trusted }) },
    });
    assert.equal(end.code, 1, end.stdout);
    assert.match(end.stderr, reason);
    assert.doesNotMatch(end.stderr, /^\s+at |word:1/m, 'no stack, no password');
  }
});
