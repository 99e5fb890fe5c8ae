import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import { TOKEN_AGE, Tokens } from './token.ts';

const SECRET = '0123456789abcdef0123456789abcdef';
const key = new TextEncoder().encode(SECRET);
const user = { username: 'zoë', roles: new Set(['writer']) };

function part(token: string, index: number): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString());
}

test('a token is a JWT of username, roles and time, signed with HS256', async () => {
  const token = await new Tokens(SECRET).make(user);
  assert.deepEqual(part(token, 0), { alg: 'HS256', typ: 'JWT' });
  const { iat, ...rest } = part(token, 1);
  assert.deepEqual(rest, { username: 'zoë', roles: ['writer'] });
  assert.ok(typeof iat === 'number' && Math.abs(iat - Date.now() / 1000) < 5);
});

test('its username is found with the same secret, and with no other', async () => {
  const token = await new Tokens(SECRET).make(user);
  assert.equal(await new Tokens(SECRET).usernameOf(token), 'zoë');
  assert.equal(await new Tokens(`${SECRET}!`).usernameOf(token), undefined);
});

test('a short secret signs, too', async () => {
  const tokens = new Tokens('x');
  assert.equal(await tokens.usernameOf(await tokens.make(user)), 'zoë');
});

test('it is valid for 30 days', async (context) => {
  assert.equal(TOKEN_AGE, 30 * 24 * 60 * 60);
  context.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 1) });
  const tokens = new Tokens(SECRET);
  const token = await tokens.make(user);
  context.mock.timers.setTime(Date.UTC(2026, 0, 31));
  assert.equal(await tokens.usernameOf(token), 'zoë');
  context.mock.timers.setTime(Date.UTC(2026, 0, 31, 0, 0, 2));
  assert.equal(await tokens.usernameOf(token), undefined);
});

test('a changed token is worth nothing', async () => {
  const tokens = new Tokens(SECRET);
  const [header, , signature] = (await tokens.make(user)).split('.');
  const claims = { username: 'root', roles: ['writer'], iat: Math.floor(Date.now() / 1000) };
  const forged = Buffer.from(JSON.stringify(claims)).toString('base64url');
  assert.equal(await tokens.usernameOf(`${header}.${forged}.${signature}`), undefined);
});

test('no signature, another algorithm, no time or no username are worth nothing', async () => {
  const tokens = new Tokens(SECRET);
  const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const iat = Math.floor(Date.now() / 1000);
  const signed = (claims: Record<string, unknown>, alg = 'HS256') =>
    new SignJWT(claims).setProtectedHeader({ alg }).sign(alg === 'HS256' ? key : Buffer.concat([key, key]));
  for (const token of [
    `${base64({ alg: 'none' })}.${base64({ username: 'zoë', iat })}.`,
    await signed({ username: 'zoë', iat }, 'HS512'),
    await signed({ username: 'zoë' }),
    await signed({ iat }),
    await signed({ username: 5, iat }),
    await signed({ username: 'zoë', iat: iat + 3600 }),
    'a.b.c',
    '',
  ]) {
    assert.equal(await tokens.usernameOf(token), undefined, token);
  }
});
