import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDsn } from '../dsn.ts';
import { openEngine } from '../engines.ts';

const SERVER = { scheme: 'clickhouse', user: 'default', password: '', database: 'default' } as const;

for (const [dsn, due, shown] of [
  ['clickhouse://host/', { ...SERVER, url: 'http://host:8123' }, 'clickhouse://default@host:8123/default'],
  [
    'clickhouse://user:p%40ss%2Fw@host:9/logs?secure=1&cluster=c-1&insert_quorum=auto',
    {
      ...SERVER,
      ...{ url: 'https://host:9', user: 'user', password: 'p@ss/w', database: 'logs' },
      ...{ cluster: 'c-1', insertQuorum: 'auto' },
    },
    'clickhouse://user@host:9/logs?secure=1&cluster=c-1',
  ],
  [
    'ClickHouse://[::1]/x?secure=0',
    { ...SERVER, url: 'http://[::1]:8123', database: 'x' },
    'clickhouse://default@[::1]:8123/x',
  ],
  [
    'clickhouse://h/?secure=1',
    { ...SERVER, url: 'https://h:8443' },
    'clickhouse://default@h:8443/default?secure=1',
  ],
  ['chdb:///logs', { scheme: 'chdb', folder: 'logs' }, 'chdb:///logs'],
  ['chdb:////var/lib/logs', { scheme: 'chdb', folder: '/var/lib/logs' }, 'chdb:////var/lib/logs'],
] as const) {
  test(`${dsn} is understood, and shown without its password`, () => {
    const parsed = parseDsn(dsn);
    assert.deepEqual(parsed, due);
    assert.equal(openEngine(dsn).description, shown);
  });
}

for (const [dsn, reason] of [
  ['clickhouse://', /no data source name/],
  ['clickhouse:///db', /no data source name/],
  ['clickhouse://h/db#x', /no data source name/],
  ['clickhouse://h:99999/db', /no data source name/],
  ['clickhouse://user:hunter2@h/a/b', /the database takes a name/],
  ['clickhouse://user:hunter2@h/a%60b', /the database takes a name/],
  ['clickhouse://user:hunter2@h/db?tls=1', /'tls' is no option; known: secure, cluster, insert_quorum/],
  ['clickhouse://h/db?secure=yes', /'secure' is 0 or 1/],
  ['clickhouse://h/db?secure=1&secure=0', /'secure' is given twice/],
  ['clickhouse://h/db?cluster=', /'cluster' takes a name/],
  ['clickhouse://h/db?cluster=a%60b', /'cluster' takes a name/],
  ['clickhouse://h/db?insert_quorum=0', /'insert_quorum' is a number/],
  ['clickhouse://%ff:hunter2@h/db', /percent sign/],
  ['chdb://host/x', /no host: three slashes/],
  ['chdb:///', /path of the folder is missing/],
  ['chdb:///x?y=1', /no data source name/],
  ['chdb:///:memory:', /in memory would be lost/],
] as const) {
  test(`'${dsn}' is refused, without its password`, () => {
    assert.throws(
      () => parseDsn(dsn),
      (error) => error instanceof Error && reason.test(error.message) && !error.message.includes('hunter2'),
    );
  });
}
