import { join } from 'node:path';
import { describe } from 'node:test';
import { testContract } from '../contract.ts';
import { temporaryFolder } from '../sqlite/temporary.ts';
import { ClickhouseEngine } from './engine.ts';
import { skipWithoutChdb } from './testing/chdb-installed.ts';
import { startStandIn } from './testing/stand-in.ts';

/** Each step is some statements and syncs of the disk: a tenth of the runs takes as long as all of them on SQLite. */
const CAPABILITIES = { consecutiveIds: false, runs: 10 };

describe('ClickHouse', { skip: skipWithoutChdb }, () => {
  testContract(
    'chdb',
    async () => {
      const folder = await temporaryFolder();
      const engine = new ClickhouseEngine({ scheme: 'chdb', folder: join(folder.path, 'store') });
      await engine.start((message) => console.error(message));
      return {
        engine,
        async [Symbol.asyncDispose]() {
          await engine.stop();
          await folder[Symbol.asyncDispose]();
        },
      };
    },
    CAPABILITIES,
  );

  testContract(
    'ClickHouse over HTTP, a stand-in on chdb,',
    async () => {
      const server = await startStandIn();
      return {
        engine: new ClickhouseEngine(server.address),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
    CAPABILITIES,
  );
});
