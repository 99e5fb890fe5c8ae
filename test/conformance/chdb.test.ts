import { readdir } from 'node:fs/promises';
import { describe } from 'node:test';
import { skipWithoutChdb } from '../../packages/server/src/store/clickhouse/testing/chdb-installed.ts';
import { OwnIds } from './own-ids.ts';
import { testScenario } from './run-scenario.ts';
import { readScenario } from './scenario.ts';

/** What a store has no part in, and `query`, whose SQL is each store's own. */
const ELSEWHERE = /^(auth-|compression|development|routing|ui-|query)/;

const folder = new URL('cases/chronologer/', import.meta.url);
const names = (await readdir(folder))
  .filter((name) => !ELSEWHERE.test(name) && name.endsWith('.json'))
  .sort();
const scenarios = await Promise.all(names.map((name) => readScenario(new URL(name, folder))));

describe('the answers recorded from Chronologer 0.4.5, on chdb', {
  skip: skipWithoutChdb,
  concurrency: 2,
}, () => {
  for (const scenario of scenarios) {
    testScenario(scenario, async () => ({ dsn: 'chdb:///store', ids: new OwnIds() }));
  }
});
