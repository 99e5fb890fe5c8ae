import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { testScenario } from './run-scenario.ts';
import { readScenario } from './scenario.ts';

const folder = new URL('cases/chronologer/', import.meta.url);
const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
const scenarios = await Promise.all(names.map((name) => readScenario(new URL(name, folder))));

test('all recorded cases are here', () => {
  const steps = scenarios.reduce((sum, scenario) => sum + scenario.steps.length, 0);
  assert.deepEqual({ scenarios: scenarios.length, steps }, { scenarios: 27, steps: 589 });
});

describe('the answers recorded from Chronologer 0.4.5, on SQLite', { concurrency: 4 }, () => {
  for (const scenario of scenarios) testScenario(scenario);
});
