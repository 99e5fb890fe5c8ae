import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { TEST_SERVERS, temporaryDatabase } from '../../packages/server/src/store/mysql/temporary.ts';
import { testScenario } from './run-scenario.ts';
import { readScenario, type Scenario } from './scenario.ts';

/** The scenarios of SQLite, but for `query`, which was recorded on MySQL in its own SQL. */
const folder = new URL('cases/chronologer/', import.meta.url);
const own = new URL('cases/chronologer-mysql/', import.meta.url);
const ownNames = await readdir(own);
const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
const scenarios = await Promise.all(
  names.map((name) => readScenario(new URL(name, ownNames.includes(name) ? own : folder))),
);

/** MariaDB has no `->`, and JSON of its own: what was recorded of `query` on MySQL does not hold on it. */
function isFor(server: string, { name }: Scenario): boolean {
  return server === 'MySQL' || name !== 'query';
}

test('all recorded cases are here', () => {
  assert.deepEqual(ownNames, ['query.json']);
  const steps = scenarios.reduce((sum, scenario) => sum + scenario.steps.length, 0);
  assert.deepEqual({ scenarios: scenarios.length, steps }, { scenarios: 27, steps: 581 });
});

for (const server of TEST_SERVERS) {
  const title = `the answers recorded from Chronologer 0.4.5, on ${server.name}`;
  describe(title, { concurrency: 4, skip: server.skip }, () => {
    for (const scenario of scenarios.filter((each) => isFor(server.name, each))) {
      testScenario(scenario, async () => {
        const database = await temporaryDatabase(server);
        return { dsn: database.dsn, remove: async () => database[Symbol.asyncDispose]() };
      });
    }
  });
}
