import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { MysqlAddress } from '../packages/server/src/store/mysql/address.ts';
import { Session } from '../packages/server/src/store/mysql/connection.ts';
import {
  authorityOf,
  TEST_SERVERS,
  type TemporaryDatabase,
  type TestServer,
  temporaryDatabase,
  untilRunning,
} from '../packages/server/src/store/mysql/temporary.ts';
import { temporaryFolder } from '../packages/server/src/store/sqlite/temporary.ts';
import { LOGGER, send, textOf } from './http-request.ts';
import { runCommand, type ServerProcess, startServer } from './server-process.ts';

const BODY = { name: 'app', created: 1_700_000_000, levelno: 20, message: 'm' };

/** Looks at 3 to the power of 19 rows. */
const TABLES = Array.from({ length: 19 }, (_, n) => `record AS r${n}`);
const SUM = TABLES.map((_, n) => `r${n}.level`).join(' + ');
const SLOW = `/api/v1/record?query=${encodeURIComponent(`(SELECT COUNT(*) FROM ${TABLES.join(', ')} WHERE ${SUM} > 20) > 0`)}`;

async function running(
  server: TestServer,
  env: Readonly<Record<string, string>>,
  work: (chronologer: ServerProcess, database: TemporaryDatabase) => Promise<void>,
): Promise<void> {
  await using database = await temporaryDatabase(server);
  await using chronologer = await startServer({
    env: {
      CHRONOLOGER_ROLES: 'basic-reader query-reader writer',
      CHRONOLOGER_STORAGE_DSN: database.dsn,
      ...env,
    },
  });
  const posted = await send(chronologer.address, {
    method: 'POST',
    path: '/api/v1/record',
    headers: { ...LOGGER, 'Content-Type': 'application/json' },
    body: JSON.stringify([BODY, BODY, BODY]),
  });
  assert.equal(posted.status, 201, textOf(posted));
  await work(chronologer, database);
  assert.equal((await chronologer.stop()).code, 0);
}

/** Waits until so many slow statements run on the server. */
async function untilSlow(database: TemporaryDatabase, due: number): Promise<void> {
  await using session = await database.open();
  await untilRunning(session, database.address.database, 'AS r18', due);
}

for (const server of TEST_SERVERS) {
  describe(`a server on ${server.name}`, { skip: server.skip }, () => {
    test('a query at its time limit is 504, and the database stops working on it', () =>
      running(server, { CHRONOLOGER_QUERY_TIMEOUT: '1' }, async ({ address }, database) => {
        const answer = await send(address, { method: 'HEAD', path: SLOW, headers: LOGGER });
        assert.equal(answer.status, 504);
        assert.equal(answer.headers['x-error-type'], 'StorageTimeoutError');
        await untilSlow(database, 0);
      }));

    test('stopped while a lock is held: the client is told, nothing is stored, and the process ends', () =>
      running(server, {}, async (chronologer, database) => {
        await using other = await database.open();
        await other.run('START TRANSACTION');
        await other.rows("SELECT value FROM property WHERE name = 'last_id' FOR UPDATE");
        const posting = send(chronologer.address, {
          method: 'POST',
          path: '/api/v1/record',
          headers: { ...LOGGER, 'Content-Type': 'application/json' },
          body: JSON.stringify(BODY),
        });
        await untilRunning(other, database.address.database, 'UPDATE property', 1);
        const started = performance.now();
        const [answer, { code, stderr, stdout }] = await Promise.all([posting, chronologer.stop()]);
        assert.equal(answer.status, 503, textOf(answer));
        assert.ok(performance.now() - started < 9000, `${performance.now() - started}`);
        assert.equal(code, 0);
        assert.doesNotMatch(stderr + stdout, /too long/);
        await other.run('ROLLBACK');
        await untilRunning(other, database.address.database, 'UPDATE property', 0);
        const [[count] = []] = await other.rows('SELECT COUNT(*) FROM record');
        assert.equal(count, 3);
      }));

    test('when a client goes, its query ends; meanwhile others are answered', () =>
      running(server, {}, async ({ address }, database) => {
        const leaving = request(`${address}${SLOW}`, { method: 'HEAD', headers: LOGGER });
        leaving.on('error', () => undefined);
        leaving.end();
        // Two workers share a count.
        await untilSlow(database, 2);
        const others = await send(address, { method: 'HEAD', path: '/api/v1/record', headers: LOGGER });
        assert.equal(others.headers['x-record-count'], '3');
        leaving.destroy();
        await untilSlow(database, 0);
        const asked = await send(address, { path: '/api/v1/record?left=0&right=9&query=1', headers: LOGGER });
        assert.equal(JSON.parse(textOf(asked)).length, 3);
      }));

    test('what it says at its start tells no password and what may be wrong', () =>
      running(server, {}, async (chronologer) => {
        assert.match(chronologer.log, /CHRONOLOGER_SECRET is not set, and this store keeps none/);
        assert.match(chronologer.log, /"store":"mysql:\/\/[^:@]+@[^"]+\/chronologer_test_/);
        const cwd = chronologer.folder;
        for (const [dsn, reason] of [
          ['mysql://nobody:hunter2@127.0.0.1:1/none', /The MySQL server cannot be reached/],
          ['mysql://u:hunter2@127.0.0.1/d?ssl=maybe', /CHRONOLOGER_STORAGE_DSN cannot be read: ssl takes/],
        ] as const) {
          const env = { CHRONOLOGER_STORAGE_DSN: dsn };
          const end = await runCommand(['-e', 'production', 'serve', '-m'], { cwd, env });
          assert.equal(end.code, 1);
          assert.match(end.stderr, reason);
          assert.doesNotMatch(end.stderr, /hunter2|^\s+at /m);
        }
      }));
  });
}

const [mysql] = TEST_SERVERS;

test('a connection is encrypted as the DSN wants it, and to nobody else', {
  skip: mysql?.skip,
}, async () => {
  if (mysql === undefined) return;
  await using database = await temporaryDatabase(mysql);
  await using folder = await temporaryFolder();
  const authority = join(folder.path, 'authority.pem');
  await writeFile(authority, await authorityOf(database.address));
  const migrate = (ssl: string, trusted?: string) =>
    runCommand(['migrate'], {
      cwd: folder.path,
      env: {
        CHRONOLOGER_STORAGE_DSN: `${database.dsn}?ssl=${encodeURIComponent(ssl)}`,
        ...(trusted !== undefined && { NODE_EXTRA_CA_CERTS: trusted }),
      },
    });
  for (const ssl of ['false', 'skip-verify', authority]) {
    const end = await migrate(ssl);
    assert.equal(end.code, 0, `${ssl}: ${end.stderr}`);
  }
  for (const [ssl, trusted, reason] of [
    ['true', undefined, /self-signed certificate/],
    ['true', authority, /does not match certificate|not in the cert/],
    ['/etc/hostname', undefined, /self-signed certificate/],
  ] as const) {
    const end = await migrate(ssl, trusted);
    assert.equal(end.code, 1, `${ssl}: ${end.stderr}`);
    assert.match(end.stderr, reason);
    assert.doesNotMatch(end.stderr, /^\s+at /m, 'no stack');
  }
  assert.match(await cipherOf(database.address, authority), /TLS/);
});

/** The cipher of a connection whose server is checked. */
async function cipherOf(address: MysqlAddress, authorities: string): Promise<string> {
  const session = await Session.open({ ...address, tls: { kind: 'verified', authorities } }, 'reading');
  const [[, cipher] = []] = await session.rows("SHOW STATUS LIKE 'Ssl_cipher'");
  await session.close();
  return String(cipher);
}
