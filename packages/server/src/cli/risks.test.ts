import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Environment, readSettings } from '../settings.ts';
import { risksOf } from './risks.ts';

function risks(environment: Environment, overrides: Readonly<Record<string, unknown>> = {}): string[] {
  return risksOf(readSettings({ environment, env: {}, overrides }));
}

test('settings without a risk have no warning', () => {
  assert.deepEqual(risks('development'), []);
  for (const host of ['localhost', '::1', '127.0.0.2']) assert.deepEqual(risks('development', { host }), []);
  const secret = 'x'.repeat(32);
  assert.deepEqual(risks('production', { password: 'p', secret, roles: ['query-reader', 'writer'] }), []);
});

test('production with an empty password', () => {
  assert.match(risks('production').join(), /^CHRONOLOGER_PASSWORD is empty/);
});

test('development for others', () => {
  for (const host of ['0.0.0.0', '::', '10.1.2.3', '127.0.0.1.example.org'])
    assert.match(
      risks('development', { host }).join(),
      new RegExp(`CHRONOLOGER_HOST ${host} lets others in`),
    );
});

test('a secret of less than 32 bytes, not characters', () => {
  assert.match(risks('development', { secret: 'x'.repeat(31) }).join(), /^CHRONOLOGER_SECRET is shorter/);
  assert.deepEqual(risks('development', { secret: 'é'.repeat(16) }), []);
});

test('a role that is unknown, of the one user', () => {
  assert.match(
    risks('development', { roles: ['writer', 'admin'] }).join(),
    /^'admin', a role of the user 'logger', is/,
  );
});

test('an authfile that all can read, and unknown roles in it; the one user no longer counts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chronologer-risks-'));
  try {
    const authfile = join(folder, 'users.json');
    const salted = { pbkdf2: '0'.repeat(40), hashname: 'sha1', salt: '', iterations: 1 };
    writeFileSync(authfile, JSON.stringify([{ username: 'bob', roles: ['writer', 'boss'], ...salted }]));
    chmodSync(authfile, 0o644);
    const [open, role, ...others] = risks('production', { authfile, roles: ['admin'] });
    assert.match(open ?? '', /users\.json can be read by every user/);
    assert.match(role ?? '', /^'boss', a role of the user 'bob'/);
    assert.deepEqual(others, []);
    chmodSync(authfile, 0o640);
    assert.equal(risks('production', { authfile }).length, 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
