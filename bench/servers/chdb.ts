import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type StorePlace, storeFolder } from './place.ts';

const packages = new URL('../../.cache/chdb/node_modules', import.meta.url).pathname;

/** How to have chdb, which is no dependency. */
export const HOW_TO_GET_CHDB =
  'chdb is not here, so it is left out. To have it: npm install --prefix .cache/chdb chdb@3';

/** Merges that go on for longer, in milliseconds, are not waited for. */
const MERGES = 600_000;

/** The version of the package, or undefined where there is none. */
export async function findChdb(): Promise<string | undefined> {
  const path = join(packages, 'chdb', 'package.json');
  if (!existsSync(path)) return undefined;
  const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string };
  return `chdb ${version}`;
}

/** A folder of chdb. */
export async function chdbPlace(folder: string): Promise<StorePlace> {
  const store = storeFolder(folder);
  const ask = (sql: string) => askChdb(join(store, 'chronologer.sock'), sql);
  return {
    dsn: `chdb:///${store}`,
    environment: { NODE_PATH: packages },
    async bytes() {
      for (let waited = 0; waited < MERGES; waited += 1000) {
        if (Number(await ask('SELECT count() FROM system.merges')) === 0) break;
        await sleep(1000);
      }
      // Parts that were merged into others lie on the disk for some minutes more, and do not count.
      return Number(await ask('SELECT sum(bytes_on_disk) FROM system.parts WHERE active'));
    },
    weighedRunning: true,
    longestCommit: 1000,
    remove: async () => undefined,
  };
}

function askChdb(socketPath: string, sql: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method: 'POST', path: '/' }, async (response) => {
      const text = Buffer.concat(await response.toArray()).toString('utf8');
      if (response.statusCode === 200) resolve(text.trim());
      else reject(new Error(`chdb answered ${response.statusCode}: ${text}`));
    });
    sent.on('error', reject).end(sql);
  });
}
