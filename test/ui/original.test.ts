import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { BrowserContext, Locator, Page, Response } from 'playwright-core';
import { PYPI_PYTHON, withoutPypi } from '../clients/pythons.ts';
import { LOGGER, send } from '../http-request.ts';
import { startServer } from '../server-process.ts';
import { findChromium, startBrowser } from './browser.ts';
import { startPageProxy } from './page-proxy.ts';

const chromium = await findChromium();
const skip =
  chromium === undefined ? 'there is no Chromium on PATH and none named by CHROMIUM' : await withoutPypi();
const COUNT = 300;

/** The folder of ChronologerUI's files, as Python finds it; importing the package would need more of its own. */
async function pageFolder(): Promise<string> {
  const program =
    'import importlib.util as u; print(u.find_spec("chronologerui").submodule_search_locations[0] + "/static")';
  const { stdout } = await promisify(execFile)(PYPI_PYTHON, ['-c', program]);
  return stdout.trim();
}

/** Records of today, the newest last, each tenth an error. */
async function fill(address: string): Promise<void> {
  const noon = new Date().setUTCHours(12, 0, 0, 0) / 1000;
  const lines = Array.from({ length: COUNT }, (_, i) =>
    JSON.stringify({
      name: 'shop.cart',
      msg: `message ${i} ☃`,
      levelno: i % 10 === 0 ? 40 : 20,
      created: noon + i,
      args: null,
      exc_info: null,
      exc_text: null,
      customer: { id: i },
    }),
  );
  const headers = { ...LOGGER, 'Content-Type': 'application/x-ndjson' };
  const answer = await send(address, {
    method: 'POST',
    path: '/api/v1/record',
    headers,
    body: lines.join('\n'),
  });
  assert.equal(answer.status, 201);
}

function seen(page: Page, text: string): Locator {
  return page.getByText(text, { exact: true }).locator('visible=true').last();
}

/** What the page complained of, or asked its user. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(dialog.message());
    void dialog.dismiss();
  });
  return complaints;
}

async function cookiesOf(context: BrowserContext): Promise<string[]> {
  return (await context.cookies()).filter(({ value }) => value !== '').map(({ name }) => name);
}

test('the web page of Chronologer 0.4.5: sign in, bars, table, record, sign out', { skip }, async () => {
  await using server = await startServer();
  await fill(server.address);
  await using proxy = await startPageProxy(await pageFolder(), server.address);
  await using browser = await startBrowser(chromium ?? '');
  const context = await browser.newContext({
    httpCredentials: { username: 'logger', password: '' },
    timezoneId: 'UTC',
    locale: 'en-US',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints = complaintsOf(page);

  await page.goto(`${proxy.address}/`);
  assert.equal(page.url(), `${proxy.address}/ui/`);
  assert.deepEqual(await cookiesOf(context), ['Jwt']);

  const bar = page.locator('svg rect').first();
  await bar.waitFor();
  assert.ok(Number(await bar.getAttribute('height')) > 50, 'a bar that can be seen');

  await seen(page, 'Open').click();
  await seen(page, `message ${COUNT - 1} ☃`).waitFor();
  await seen(page, `message ${COUNT - 10} ☃`).waitFor();
  await seen(page, 'ERROR').waitFor();

  await seen(page, `message ${COUNT - 5} ☃`).dblclick();
  const viewer = page.locator('.ace_content');
  await viewer.getByText(`message: message ${COUNT - 5} ☃`).waitFor();
  const shown = await viewer.innerText();
  assert.match(shown, /level: INFO/);
  assert.match(shown, new RegExp(`customer:\\s+id: ${COUNT - 5}\\b`));

  const signedIn = page.waitForResponse(isSignIn);
  await signOut(page);
  // The page opens its front page again, and the browser, which keeps the credentials, signs in once more.
  await signedIn;
  assert.deepEqual(requestsOf(proxy.requests), [
    'GET / 303',
    'GET /ui/authn 401',
    'GET /ui/authn 303',
    'HEAD /ui/authn 200',
    'HEAD /api/v1/record 200',
    'HEAD /api/v1/record 200',
    'GET /api/v1/record 200',
    'DELETE /ui/authn 401',
    'DELETE /ui/authn 401',
    'GET / 303',
    'GET /ui/authn 401',
    'GET /ui/authn 303',
  ]);
  // A browser reports each 401 in its console; signing out consists of them.
  assert.deepEqual(
    complaints.filter((text) => !/status of 401/.test(text)),
    [],
  );
});

async function signOut(page: Page): Promise<void> {
  await page.locator('img[src*=logo], div[style*=logo]').first().click();
  await page
    .getByText(/^API: \d+\.\d+\.\d+$/)
    .locator('visible=true')
    .first()
    .waitFor();
  await seen(page, 'Sign out').click();
}

function isSignIn(response: Response): boolean {
  return new URL(response.url()).pathname === '/ui/authn' && response.status() === 303;
}

/** The requests without their query strings, as far as the last sign-in. */
function requestsOf(requests: readonly string[]): string[] {
  const plain = requests.map((one) => one.replace(/\?\S*/, ''));
  return plain.slice(0, plain.lastIndexOf('GET /ui/authn 303') + 1);
}
