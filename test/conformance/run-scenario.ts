import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Answer, send, textOf } from '../http-request.ts';
import { type Json, parseJson } from '../lossless-json.ts';
import { freshFolder, startServer } from '../server-process.ts';
import { difference } from './compare.ts';
import { headerDifference } from './compare-headers.ts';
import type { OwnIds } from './own-ids.ts';
import { bodyOf, type Scenario, type Step, titleOf } from './scenario.ts';

/** An empty store for one scenario. */
export type EmptyStore = {
  /** CHRONOLOGER_STORAGE_DSN; without one the server makes its SQLite file in its fresh folder. */
  dsn?: string;
  /** Set when ids do not count from 1. */
  ids?: OwnIds;
  remove?: () => Promise<void>;
};

/**
 * Makes one node:test test of a scenario, with a subtest a step, on a server of its own. `emptyStore` is asked once, so that any
 * store can be held against the same cases.
 */
export function testScenario(
  scenario: Scenario,
  emptyStore: () => Promise<EmptyStore> = async () => ({}),
): void {
  test(`${scenario.name}: ${scenario.about}`, async (t) => {
    const store = await emptyStore();
    t.after(() => store.remove?.());
    const folder = await freshFolder();
    t.after(() => rm(folder, { recursive: true, force: true }));
    for (const [name, text] of Object.entries(scenario.files)) await writeFile(join(folder, name), text);
    const env = { CHRONOLOGER_SECRET: 'of the conformance tests', ...scenario.env };
    await using server = await startServer({
      environment: scenario.environment,
      env: store.dsn === undefined ? env : { ...env, CHRONOLOGER_STORAGE_DSN: store.dsn },
      cwd: folder,
    });
    const cookies = new CookieJar();
    for (const [index, { step, json }] of scenario.steps.entries()) {
      // One after the other: a step sees what the steps before it stored.
      await t.test(`${scenario.name} ${titleOf(step, index)}`, async () => {
        const request = requestOf(step, cookies);
        const path = store.ids?.own(request.path) ?? request.path;
        const answer = await send(server.address, { ...request, path });
        cookies.take(answer);
        const due = store.ids?.counted(answer, request.method === 'POST') ?? answer;
        check(step, json, due, server.address);
      });
    }
    await server.stop();
  });
}

/** Remembers the newest Jwt cookie, as a browser does. */
class CookieJar {
  #newest = '';

  take({ headers }: Answer): void {
    for (const cookie of headers['set-cookie'] ?? []) {
      if (cookie.startsWith('Jwt=')) this.#newest = cookie.split(';')[0] ?? '';
    }
  }

  get header(): Record<string, string> {
    return { Cookie: this.#newest };
  }
}

function requestOf({ request }: Step, cookies: CookieJar) {
  const body = bodyOf(request);
  return {
    method: request.method,
    path: request.path,
    headers: { ...request.headers, ...(request.cookie ? cookies.header : {}) },
    ...(body === undefined ? {} : { body }),
  };
}

function check({ response, departs }: Step, json: Json | undefined, answer: Answer, address: string): void {
  const wrong =
    (answer.status === response.status
      ? undefined
      : `status: due ${response.status}, got ${answer.status}`) ??
    headerDifference(response.headers, answer.headers, address) ??
    bodyDifference(response.text, json, answer);
  const reason = departs === undefined ? '' : `\n(departs from 0.4.5: ${departs})`;
  assert.equal(
    wrong,
    undefined,
    `${wrong}${reason}\nthe answer was ${answer.status} ${textOf(answer).slice(0, 2_000)}`,
  );
}

function bodyDifference(
  text: string | undefined,
  json: Json | undefined,
  answer: Answer,
): string | undefined {
  if (text !== undefined) return difference(text, textOf(answer));
  if (json === undefined) return undefined;
  try {
    return difference(json, parseJson(textOf(answer)));
  } catch (error) {
    return `the body is no JSON: ${error}`;
  }
}
