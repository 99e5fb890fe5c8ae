import { test } from 'node:test';
import { testContract } from '../contract.ts';
import { TEST_SERVERS, temporaryDatabase } from './temporary.ts';

/** Each step is some round trips and syncs of a disk: fewer than where the store is in the process. */
const RUNS = 150;

for (const server of TEST_SERVERS) {
  if (server.skip)
    test(`${server.name} keeps the contract of stores`, { skip: server.skip }, () => undefined);
  else {
    testContract(
      server.name,
      async () => {
        const database = await temporaryDatabase(server);
        return {
          engine: database.engine,
          epoch: "'1970-01-01 00:00:00'",
          [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
        };
      },
      { runs: RUNS },
    );
  }
}
