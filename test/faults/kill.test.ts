import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LOGGER, send } from '../http-request.ts';
import { type ServerProcess, startServer } from '../server-process.ts';
import { Ledger } from './ledger.ts';
import { seededRandom } from './seeded-random.ts';
import { WritingClient } from './writing-client.ts';

const KILLS = Number(process.env.CHRONOLOGER_KILLS ?? 200);
const CLIENTS = 4;
/** More than two chunks of 1,024 lines, which are stored one by one. */
const LARGEST_BATCH = 3000;
const CHECK_EVERY = 20;
const ROLES = { CHRONOLOGER_ROLES: 'basic-reader query-reader writer' };

/** Starts the server again; `delay` milliseconds later it is killed, ready or not. */
async function killWhileStarting(server: ServerProcess, delay: number): Promise<void> {
  const starting = server.restart().catch(() => undefined);
  await sleep(delay);
  await server.kill();
  await starting;
}

test(`${KILLS} times kill -9 under load: nothing acknowledged is lost, nothing is there twice`, async (t) => {
  const random = seededRandom();
  t.diagnostic(`CHRONOLOGER_SEED=${random.seed}`);
  await using server = await startServer({ env: ROLES });
  const ledger = new Ledger();
  for (let kill = 1; kill <= KILLS; kill++) {
    const clients = Array.from(
      { length: CLIENTS },
      (_, index) => new WritingClient(server.address, `${kill}.${index}`, ledger, random, LARGEST_BATCH),
    );
    await sleep(random.between(5, 150));
    await server.kill();
    await Promise.all(clients.map((client) => client.stop()));
    if (random.chance(0.1)) await killWhileStarting(server, random.between(0, 400));
    await server.restart();
    if (kill % CHECK_EVERY === 0) await ledger.checkNew(server.address);
  }
  await ledger.checkAll(server.address);
  t.diagnostic(
    `${ledger.acknowledged} records acknowledged; answers ${JSON.stringify([...ledger.statuses])}`,
  );
  assert.ok(
    ledger.acknowledged > 10 * KILLS,
    'the clients had hardly anything acknowledged: nothing was tested',
  );
  assert.ok((ledger.statuses.get(0) ?? 0) > KILLS / 2, 'hardly a kill met a request: nothing was tested');
});

test('kill -9 while a database of 0.4.5 is migrated: the next start finishes it, all records kept', async (t) => {
  const random = seededRandom();
  t.diagnostic(`CHRONOLOGER_SEED=${random.seed}`);
  const original = fileURLToPath(new URL('../data/chronologer-0.4.5.sqlite', import.meta.url));
  await using server = await startServer({ env: ROLES });
  for (let round = 1; round <= 10; round++) {
    await server.kill();
    // A new name each time: the log of an earlier copy does not belong to the next.
    const file = join(server.folder, `old-${round}.sqlite`);
    const dsn = { CHRONOLOGER_STORAGE_DSN: `sqlite:///${file}` };
    await copyFile(original, file);
    const starting = server.restart(dsn).catch(() => undefined);
    await sleep(random.between(100, 500));
    await server.kill();
    await starting;
    await server.restart(dsn);
    const { headers } = await send(server.address, {
      method: 'HEAD',
      path: '/api/v1/record',
      headers: LOGGER,
    });
    assert.equal(headers['x-record-count'], '3000');
    const { headers: looked } = await send(server.address, {
      method: 'HEAD',
      path: '/api/v1/record?query=json_valid(logrec)',
      headers: LOGGER,
    });
    assert.equal(looked['x-record-count'], '3000');
  }
});
