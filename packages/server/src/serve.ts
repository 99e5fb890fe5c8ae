import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { openUsers } from './auth/accounts.ts';
import { Authenticator } from './auth/authenticator.ts';
import { secretFrom } from './auth/secret.ts';
import { Tokens } from './auth/token.ts';
import { Budget } from './http/budget.ts';
import type { Context } from './http/context.ts';
import type { CompressLevels } from './http/encoding.ts';
import { createHttpServer } from './http/server.ts';
import type { Logger } from './log.ts';
import type { Settings } from './settings.ts';
import { openEngine } from './store/engines.ts';
import { type OwnMigration, outstanding, readOwnMigrations } from './store/own-migrations.ts';
import type { Engine } from './store/store.ts';
import { SchemaError } from './store/store-error.ts';
import { processSpawner, threadSpawner } from './threads/channels.ts';
import { ReaderPool } from './threads/reader-pool.ts';
import { Writer } from './threads/writer.ts';
import { VERSION } from './version.ts';

/** What a running server is to the command line. */
export interface RunningServer {
  /** `http://host:port` */
  readonly address: string;
  /** The DSN, without a password. */
  readonly store: string;
  /** Stops accepting, finishes what was accepted, closes the store. Takes some seconds at most. */
  close(): Promise<void>;
}

/** What the command line decides. */
export interface ServeOptions {
  /** Bring the schema up to date first. */
  readonly migrate: boolean;
  readonly log: Logger;
  /** Called when the socket is bound and the store open, with the files and folders that the server made. */
  readonly afterBind: (ownFiles: readonly string[]) => void;
  /** Whether `afterBind` makes this process another user's. */
  readonly changesUser?: boolean;
  /** Called when nothing can be written any more: the process has to end. */
  readonly onDeath: (error: Error) => void;
}

/** Why a server cannot start; the message says it plainly. */
class StartError extends Error {
  override readonly name = 'StartError';
}

/** Reading threads compute and rarely wait: more than two a core take memory and give nothing. */
const USEFUL_THREADS = 2 * availableParallelism();

/** How long close() lets requests finish before the store is not waited for any more, in milliseconds; */
const GRACE = 5000;
/** and how long after that it ends their connections. */
const ANSWERING = 1000;
/** One body of the largest size fits beside half of another: a queue, but not a gigabyte. */
const BUDGET_FACTOR = 1.5;
const MIN_BUDGET = 64 * 2 ** 20;

/** Starts a server. Rejects with a StartError. */
export async function serve(settings: Settings, options: ServeOptions): Promise<RunningServer> {
  const engine = openEngine(settings.storageDsn);
  try {
    return await serveFrom(engine, settings, options);
  } catch (error) {
    await engine.stop?.();
    throw error;
  }
}

async function serveFrom(engine: Engine, settings: Settings, options: ServeOptions): Promise<RunningServer> {
  const { log } = options;
  const made = await ready(engine, settings, options);
  const users = starting('CHRONOLOGER_AUTHFILE cannot be used', () => openUsers(settings, log));
  const secret = settings.secret ?? secretOf(engine, made, settings, log);
  const writer = await Writer.start(
    { dsn: settings.storageDsn, node: settings.node, retention: retentionOf(settings) },
    log,
    options.onDeath,
  );
  const workers = poolsOf(engine, settings, log);
  const production = settings.environment === 'production';
  const server = createHttpServer({
    version: VERSION,
    log,
    writer,
    workers,
    authenticator: production ? new Authenticator(users, new Tokens(secret)) : undefined,
    compress: production ? levelsOf(settings) : undefined,
    cors: !production,
    bodyLimits: { bytes: settings.bodyLimit, idle: 30_000 },
    budget: new Budget(Math.max(settings.bodyLimit * BUDGET_FACTOR, MIN_BUDGET)),
  });
  const address = await listen(server, settings);
  // What the store runs beside this process must not keep privileges that this process gives away.
  if (options.changesUser) await engine.stop?.();
  options.afterBind(made.length === 0 ? [] : [...new Set([...made, ...engine.files()])]);
  if (options.changesUser) await started(engine, log);
  // Without root's privileges the store's folder may be out of reach, which no reader could mend later.
  await starting('The store cannot be used by this user', () => engine.checkSchema());
  return { address, store: engine.description, close: () => close(server, writer, workers, engine) };
}

/** Brings the schema up to date. Rejects with a StartError. */
export async function migrate(settings: Settings, log: Logger): Promise<void> {
  const engine = openEngine(settings.storageDsn);
  try {
    await starting('The store cannot be migrated', async () => {
      const own = readOwnMigrations(settings.migrations);
      engine.prepare();
      await started(engine, log);
      await engine.migrate((message) => log.info(message), own);
    });
  } finally {
    await engine.stop?.();
  }
}

/** Makes or checks the store; the files and folders that were made. */
async function ready(
  engine: Engine,
  { migrations }: Settings,
  { migrate: wanted, log }: ServeOptions,
): Promise<string[]> {
  return await starting('The store cannot be used', async () => {
    const own = readOwnMigrations(migrations);
    const made = wanted ? [...engine.prepare()] : [];
    await started(engine, log);
    if (wanted && (made.length > 0 || !(await isCurrent(engine, own)))) {
      await engine.migrate((message) => log.info(message), own);
    }
    await checkMigrations(engine, own);
    for (const risk of (await engine.risks?.()) ?? []) log.warn(risk);
    return made;
  });
}

function started(engine: Engine, log: Logger): Promise<void> {
  return engine.start?.((message) => log.error(message)) ?? Promise.resolve();
}

/** A store that is up to date is not written to: it may be read-only for now. */
async function isCurrent(engine: Engine, own: readonly OwnMigration[]): Promise<boolean> {
  try {
    await checkMigrations(engine, own);
    return true;
  } catch {
    return false;
  }
}

/** Rejects with a SchemaError unless all migrations were applied, built-in and own. */
async function checkMigrations(engine: Engine, own: readonly OwnMigration[]): Promise<void> {
  await engine.checkSchema();
  if (own.length === 0) return;
  const applied = new Map((await engine.applied()).map((each) => [each.name, each]));
  const [first] = outstanding(own, applied);
  if (first === undefined) return;
  throw new SchemaError(`Your migration ${first.name} was not applied yet; run "chronologer migrate"`);
}

/** Beside the store's file, or where it has none, for this run alone. */
function secretOf(engine: Engine, made: string[], { environment }: Settings, log: Logger): string {
  const [file] = engine.files();
  if (file !== undefined) return kept(`${file}.secret`, made);
  if (environment === 'production') {
    log.warn(
      'CHRONOLOGER_SECRET is not set, and this store keeps none: who is signed in to the page has to sign in again after each start',
    );
  }
  return randomBytes(32).toString('base64url');
}

function kept(file: string, made: string[]): string {
  return starting('The secret of the web page cannot be kept; set CHRONOLOGER_SECRET', () => {
    const { secret, made: isNew } = secretFrom(file);
    if (isNew) made.push(file);
    return secret;
  });
}

/** Runs `work`; whatever it throws becomes a StartError that begins with `what`. */
function starting<T>(what: string, work: () => T): T {
  const fail = (error: unknown) => {
    throw new StartError(`${what}: ${error instanceof Error ? error.message : error}`, { cause: error });
  };
  try {
    const result = work();
    return result instanceof Promise ? (result.catch(fail) as T) : result;
  } catch (error) {
    return fail(error);
  }
}

function poolsOf(
  { cancelsQueries = false }: Engine,
  { storageDsn: dsn, threadPoolSize, queryTimeout: timeout, bodyLimit }: Settings,
  log: Logger,
): Context['workers'] {
  const warn = (message: string) => log.warn(message);
  const setup = { dsn, timeout };
  const inThreads = threadSpawner(setup, bodyLimit);
  const forQueries = cancelsQueries ? inThreads : processSpawner(setup);
  return {
    threads: new ReaderPool(inThreads, Math.min(threadPoolSize, USEFUL_THREADS), warn),
    processes: new ReaderPool(forQueries, threadPoolSize, warn),
    timeout,
  };
}

function retentionOf({ retentionDays: days, retentionBytes: bytes }: Settings) {
  return { ...(days !== undefined && { days }), ...(bytes !== undefined && { bytes }) };
}

function levelsOf({ httpCompressLevel: level }: Settings): CompressLevels {
  if (level === undefined) return { gzip: 6, brotli: 4, zstd: 3 };
  return { gzip: Math.min(level, 9), brotli: level, zstd: level };
}

async function listen(server: Server, { host, port }: Settings): Promise<string> {
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const reason = code === 'EADDRINUSE' ? 'something listens there already' : `${error}`;
    throw new StartError(`Cannot listen on ${host} port ${port}: ${reason}`);
  }
  const { address, family, port: bound } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`;
}

async function close(
  server: Server,
  writer: Writer,
  workers: Context['workers'],
  engine: Engine,
): Promise<void> {
  const ended = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  // Busy connections become idle when their request is answered; keep-alive must not hold them.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const hurry = setTimeout(() => writer.giveUp(), GRACE);
  const deadline = setTimeout(() => server.closeAllConnections(), GRACE + ANSWERING);
  await ended;
  clearInterval(sweep);
  clearTimeout(deadline);
  workers.threads.close();
  workers.processes.close();
  // Its client may be gone: what is under way is waited for all the same, but not for longer.
  await writer.close();
  clearTimeout(hurry);
  await engine.stop?.();
}
