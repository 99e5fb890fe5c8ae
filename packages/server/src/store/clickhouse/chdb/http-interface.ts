import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isReading, type Sessions } from './sessions.ts';

/** Who may ask, where not everybody who reaches the socket may. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/**
 * What chronologer uses of ClickHouse's HTTP interface (https://clickhouse.com/docs/interfaces/http): `/ping`, and
 * statements in the parameter `query` and the body, with `database`. Other parameters, settings among them, are passed
 * over: statements carry their settings themselves. A client that goes ends the SELECT it asked for; `stuck` is told of one
 * that does not end.
 */
export function createHttpInterface(
  sessions: Sessions,
  stuck: () => void,
  credentials?: Credentials,
): Server {
  return createServer(async (request, response) => {
    try {
      await answer(sessions, stuck, credentials, request, response);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      fail(response, 500, /^Code: (\d+)/.exec(message)?.[1] ?? '1001', message);
    }
  });
}

async function answer(
  sessions: Sessions,
  stuck: () => void,
  credentials: Credentials | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === '/ping') {
    response.end('Ok.\n');
    return;
  }
  if (credentials !== undefined && !isAllowed(credentials, request.headers.authorization)) {
    const message = `Code: 516. DB::Exception: Authentication failed: password is incorrect. (AUTHENTICATION_FAILED)`;
    request.resume();
    fail(response, 403, '516', message);
    return;
  }
  const query = url.searchParams.get('query');
  const body = Buffer.concat(await request.toArray()).toString('utf8');
  const sql = query === null ? body : `${query}\n${body}`;
  const id = randomUUID();
  response.on('close', () => {
    if (response.writableFinished || !isReading(sql)) return;
    sessions.kill(id).then(
      (hasEnded) => {
        if (!hasEnded) stuck();
      },
      () => undefined,
    );
  });
  const bytes = await sessions.run(id, sql, url.searchParams.get('database') ?? undefined);
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': bytes.length });
  response.end(bytes);
}

function isAllowed({ user, password }: Credentials, header: string | undefined): boolean {
  return header === `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function fail(response: ServerResponse, status: number, code: string, message: string): void {
  if (response.headersSent) return;
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=UTF-8',
    'X-ClickHouse-Exception-Code': code,
  });
  response.end(`${message}\n`);
}
