import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { describe as dsnOf, parseMysqlAddress } from './address.ts';

const OFF = { kind: 'off' };

for (const [dsn, due] of [
  ['mysql://u@h/d', { host: 'h', port: 3306, user: 'u', password: '', database: 'd', tls: OFF }],
  ['MySQL://u:p@h:3307/d', { host: 'h', port: 3307, user: 'u', password: 'p', database: 'd', tls: OFF }],
  [
    'mysql://u%40x:p%3Aq@10.0.0.1/d%20e?charset=utf8mb4&ssl=false',
    { host: '10.0.0.1', port: 3306, user: 'u@x', password: 'p:q', database: 'd e', tls: OFF },
  ],
  [
    'mysql://u:a:b/c?d#e@[::1]:1/d',
    { host: '::1', port: 1, user: 'u', password: 'a:b/c?d#e', database: 'd', tls: OFF },
  ],
  [
    'mysql://u:@h/d?ssl=true',
    { host: 'h', port: 3306, user: 'u', password: '', database: 'd', tls: { kind: 'verified' } },
  ],
  [
    'mysql://u@h/d?ssl=/etc/ca.pem',
    {
      host: 'h',
      port: 3306,
      user: 'u',
      password: '',
      database: 'd',
      tls: { kind: 'verified', authorities: '/etc/ca.pem' },
    },
  ],
  [
    'mysql://u@h/d?ssl=skip-verify&charset=utf8',
    { host: 'h', port: 3306, user: 'u', password: '', database: 'd', tls: { kind: 'unverified' } },
  ],
] as const) {
  test(`${dsn} is understood`, () => assert.deepEqual(parseMysqlAddress(dsn), { scheme: 'mysql', ...due }));
}

for (const [dsn, reason] of [
  ['mysql://', /no data source name/],
  ['mysql:/u:hunter2@h/d', /no data source name/],
  ['mysql://u:hunter2@h', /no data source name/],
  ['mysql://u:hunter2@h/', /database is missing/],
  ['mysql://u:hunter2@h/a%2Fb', /database is missing/],
  ['mysql://h/d', /user is missing/],
  ['mysql://:hunter2@h/d', /user is missing/],
  ['mysql://u:hunter2@/d', /host is missing/],
  ['mysql://u:hunter2@h:0/d', /0 is no port/],
  ['mysql://u:hunter2@h:65536/d', /65536 is no port/],
  ['mysql://u:hunter2@h:x/d', /host is missing or no host/],
  ['mysql://u:hunter2@h/d?ssl=maybe', /ssl takes true, skip-verify, false/],
  ['mysql://u:hunter2@h/d?charset=latin1', /charset is always utf8mb4/],
  ['mysql://u:hunter2@h/d?pool_size=5', /'pool_size' is no option/],
  ['mysql://u:hunter2%zz@h/d', /percent sign in the password/],
] as const) {
  test(`'${dsn}' is refused, without its password`, () => {
    assert.throws(
      () => parseMysqlAddress(dsn),
      (error) => error instanceof Error && reason.test(error.message) && !error.message.includes('hunter2'),
    );
  });
}

test('every user, password and database can be written, and the description tells all but the password', () => {
  const text = fc.string({ unit: 'binary', minLength: 1 }).filter((each) => !/[\0/]/.test(each));
  fc.assert(
    fc.property(text, text, text, (user, password, database) => {
      const [one, two, three] = [user, password, database].map(encodeURIComponent);
      const address = parseMysqlAddress(`mysql://${one}:${two}@h/${three}`);
      assert.deepEqual([address.user, address.password, address.database], [user, password, database]);
      assert.deepEqual(parseMysqlAddress(dsnOf(address)), { ...address, password: '' });
    }),
  );
});
