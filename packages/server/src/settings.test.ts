import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Environment, readSettings, SETTINGS, SettingError } from './settings.ts';

function read(
  env: Readonly<Record<string, string>>,
  overrides: Readonly<Record<string, unknown>> = {},
  environment: Environment = 'development',
) {
  return readSettings({ environment, env, overrides });
}

test('without variables every setting has its default', () => {
  assert.deepEqual(read({}), {
    environment: 'development',
    storageDsn: 'sqlite:///chronologer.sqlite',
    migrations: undefined,
    host: '127.0.0.1',
    port: 8080,
    username: 'logger',
    password: '',
    roles: ['basic-reader', 'writer'],
    authfile: undefined,
    secret: undefined,
    threadPoolSize: 8,
    retentionDays: undefined,
    retentionBytes: undefined,
    httpCompressLevel: undefined,
    bodyLimit: 67_108_864,
    queryTimeout: 30,
    node: 0,
    logLevel: 'info',
  });
});

test('production listens on all addresses', () => {
  assert.equal(read({}, {}, 'production').host, '0.0.0.0');
  assert.equal(read({ CHRONOLOGER_HOST: '::1' }, {}, 'production').host, '::1');
});

test('every variable is read', () => {
  const settings = read({
    CHRONOLOGER_STORAGE_DSN: 'sqlite:////var/lib/logs.sqlite',
    CHRONOLOGER_MIGRATIONS: '/etc/migrations',
    CHRONOLOGER_HOST: '10.0.0.1',
    CHRONOLOGER_PORT: '0',
    CHRONOLOGER_USERNAME: 'zoë',
    CHRONOLOGER_PASSWORD: ' with blanks ',
    CHRONOLOGER_ROLES: ' query-reader\twriter ',
    CHRONOLOGER_AUTHFILE: '/etc/users.json',
    CHRONOLOGER_SECRET: 'secret',
    CHRONOLOGER_THREAD_POOL_SIZE: '3',
    CHRONOLOGER_RETENTION_DAYS: '0.5',
    CHRONOLOGER_RETENTION_BYTES: '10 GB',
    CHRONOLOGER_HTTP_COMPRESS_LEVEL: '9',
    CHRONOLOGER_BODY_LIMIT: '1MiB',
    CHRONOLOGER_QUERY_TIMEOUT: '2.5',
    CHRONOLOGER_NODE: '15',
    CHRONOLOGER_LOG_LEVEL: 'debug',
  });
  assert.deepEqual(settings, {
    environment: 'development',
    storageDsn: 'sqlite:////var/lib/logs.sqlite',
    migrations: '/etc/migrations',
    host: '10.0.0.1',
    port: 0,
    username: 'zoë',
    password: ' with blanks ',
    roles: ['query-reader', 'writer'],
    authfile: '/etc/users.json',
    secret: 'secret',
    threadPoolSize: 3,
    retentionDays: 0.5,
    retentionBytes: 10_000_000_000,
    httpCompressLevel: 9,
    bodyLimit: 1_048_576,
    queryTimeout: 2.5,
    node: 15,
    logLevel: 'debug',
  });
});

test('an empty variable counts as not set, but for the password and the roles', () => {
  const empty = Object.fromEntries(Object.values(SETTINGS).map(({ variable }) => [variable, '']));
  assert.deepEqual(read(empty), { ...read({}), roles: [] });
});

test('an empty text of a configuration module counts as not set, too: no address is not every address', () => {
  assert.equal(read({ CHRONOLOGER_HOST: '10.0.0.1' }, { host: '' }).host, '10.0.0.1');
  assert.equal(read({}, { host: '' }).host, '127.0.0.1');
  assert.equal(read({ CHRONOLOGER_PASSWORD: 'x' }, { password: '' }).password, '');
});

test('a configuration module wins over variables, and undefined there is no value', () => {
  const settings = read({ CHRONOLOGER_PORT: '1', CHRONOLOGER_HOST: '::1' }, { port: 2, host: undefined });
  assert.deepEqual([settings.port, settings.host], [2, '::1']);
});

test('a name that is no setting is refused, and so are names that every object has', () => {
  for (const name of ['prot', 'CHRONOLOGER_PORT', 'toString', 'environment']) {
    assert.throws(() => read({}, { [name]: 1 }), {
      name: 'SettingError',
      message: new RegExp(`^'${name}' is no setting; there are storageDsn, migrations, host`),
    });
  }
});

const WRONG: readonly (readonly [name: keyof typeof SETTINGS, value: string])[] = [
  ['storageDsn', 'mongodb://localhost/x'],
  ['port', '65536'],
  ['threadPoolSize', '0'],
  ['retentionDays', '-1'],
  ['retentionBytes', '10 parsecs'],
  ['httpCompressLevel', '12'],
  ['bodyLimit', '0'],
  ['queryTimeout', 'soon'],
  ['node', '16'],
  ['logLevel', 'verbose'],
];
for (const [name, value] of WRONG) {
  const { variable } = SETTINGS[name];
  test(`${variable}=${value} is refused by name, as ${name} of a module is`, () => {
    assert.throws(() => read({ [variable]: value }), {
      name: 'SettingError',
      message: new RegExp(`^${variable} cannot be read: .+ (due|known: sqlite)`),
    });
    assert.throws(() => read({ [variable]: 'not looked at' }, { [name]: value }), {
      name: 'SettingError',
      message: new RegExp(`^${name} cannot be read: `),
    });
  });
}

test('what a secret setting holds is not repeated', () => {
  assert.throws(
    () => read({}, { password: ['hunter2'] }),
    (error) => error instanceof SettingError && !error.message.includes('hunter2'),
  );
});

test('settings cannot be changed', () => {
  assert.ok(Object.isFrozen(read({})));
});

test('every setting has a variable of its own and a meaning', () => {
  const all = Object.values(SETTINGS);
  assert.equal(new Set(all.map(({ variable }) => variable)).size, all.length);
  for (const { variable, meaning } of all) {
    assert.match(variable, /^CHRONOLOGER_[A-Z_]+$/);
    assert.ok(meaning.length > 10, variable);
  }
});
