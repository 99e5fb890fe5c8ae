import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { ApiError, ERRORS } from '../errors.ts';
import { StoreError } from '../store/store-error.ts';
import type { Context } from './context.ts';
import { sendError } from './respond.ts';
import { dispatch } from './routes.ts';

/** Times in milliseconds after which a slow client is given up; passed in so that tests need not wait. */
export interface HttpTimeouts {
  /** From the first byte of a request to the end of its headers. */
  readonly headers: number;
  /** From the first byte of a request to the end of its body. */
  readonly request: number;
  /** Between two requests of a connection. */
  readonly keepAlive: number;
  /** How long a client may go on sending a body after its error was answered. */
  readonly linger: number;
}

const TIMEOUTS: HttpTimeouts = { headers: 30_000, request: 600_000, keepAlive: 75_000, linger: 2000 };

/** Bytes of headers taken at most: a long query of 128 KiB travels in the URL, and the usual headers beside it. */
const MAX_HEADER_BYTES = 131_072 + 16_384;

/** The HTTP server, not listening yet. */
export function createHttpServer(context: Context, timeouts: HttpTimeouts = TIMEOUTS): Server {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: timeouts.headers,
    requestTimeout: timeouts.request,
    keepAliveTimeout: timeouts.keepAlive,
    connectionsCheckingInterval: Math.min(5000, timeouts.headers),
    noDelay: true,
  });
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    // On the way down each answer is the last of its connection.
    if (!server.listening) response.shouldKeepAlive = false;
    void serve(context, request, response, timeouts.linger);
  };
  server.on('request', handle);
  // curl asks before it sends a large body: 100 is sent when somebody begins to read it, after all checks.
  server.on('checkContinue', (request, response) => {
    const onListener = (event: string | symbol) => {
      if (event !== 'data') return;
      request.off('newListener', onListener);
      response.writeContinue();
    };
    request.on('newListener', onListener);
    handle(request, response);
  });
  return server;
}

async function serve(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
  linger: number,
): Promise<void> {
  const started = performance.now();
  response.on('close', () => {
    const { method, url } = request;
    const milliseconds = Math.round(performance.now() - started);
    context.log.debug({ method, url, status: response.statusCode, milliseconds }, 'request');
  });
  try {
    await dispatch(context, request, response);
  } catch (error) {
    const answer = answerTo(context, request, error);
    // Half an answer cannot be taken back: the client must see that it is torn.
    if (response.headersSent || response.destroyed) return void response.destroy();
    sendError(request, response, answer);
    if (!request.complete) giveUp(request, linger);
  }
}

/** The rest of a refused body is read for a while, so that its sender sees the answer before the connection ends. */
function giveUp(request: IncomingMessage, linger: number): void {
  request.resume();
  const timer = setTimeout(() => request.destroy(), linger);
  request.on('close', () => clearTimeout(timer));
}

function answerTo({ log, workers }: Context, request: IncomingMessage, error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (!(error instanceof StoreError)) {
    log.error({ err: error, method: request.method }, 'a request failed');
    return new ApiError('internal');
  }
  if (error.fault === 'query') {
    const { message } = error;
    return message === ERRORS.badQuery.message
      ? new ApiError('badQuery')
      : new ApiError('refusedQuery', message);
  }
  if (error.fault === 'timeout') return new ApiError('timeout', String(workers.timeout));
  if (error.fault === 'busy') return new ApiError('busy');
  log.error({ err: error.cause }, error.message);
  return new ApiError('store', error.message);
}
