import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Transform } from 'node:stream';
import { ApiError } from '../errors.ts';
import type { Cursor, Filter } from '../store/store.ts';
import { Reading } from '../threads/reading.ts';
import { type Context, may, type Visit } from './context.ts';
import { chooseCoding, compressor } from './encoding.ts';
import { readFilter, readGrouping, readRange } from './parameters.ts';
import { sendHead, sendJson } from './respond.ts';

/** Bytes of records that a reader makes at a time. */
const PAGE_BYTES = 131_072;
const NO_CACHE = { 'Cache-Control': 'no-cache' };
const FOR_EVER = { 'Cache-Control': 'max-age=2600000' };

/** The filter of a request whose user may use it. */
function allowedFilter({ user, url }: Visit): Filter {
  if (!may(user, 'basic-reader')) throw new ApiError('forbidden');
  const filter = readFilter(url.searchParams);
  if (filter.query !== undefined && !may(user, 'query-reader')) throw new ApiError('forbidden');
  return filter;
}

/** The jobs of a request; they end when its client goes. */
function readingFor(context: Context, response: ServerResponse): Reading {
  const reading = new Reading(context.workers);
  response.on('close', () => reading.cancel());
  return reading;
}

/** HEAD /api/v1/record: a count, or a timeline. */
export async function headRecords(
  context: Context,
  _request: IncomingMessage,
  response: ServerResponse,
  visit: Visit,
): Promise<void> {
  const filter = allowedFilter(visit);
  const grouping = readGrouping(visit.url.searchParams);
  const reading = readingFor(context, response);
  if (grouping === undefined) {
    const count = await reading.run({ kind: 'count', filter });
    return sendHead(response, 200, { ...NO_CACHE, 'X-Record-Count': String(count) });
  }
  const groups = await reading.run({ kind: 'timeline', filter, ...grouping });
  sendHead(response, 200, {
    ...NO_CACHE,
    'X-Record-Group': groups.map(({ start }) => start).join(','),
    'X-Record-Count': groups.map(({ count }) => count).join(','),
  });
}

/** GET /api/v1/record: a range of records, streamed page by page as the client takes it. */
export async function getRecords(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
  visit: Visit,
): Promise<void> {
  const filter = allowedFilter(visit);
  const { left, right } = readRange(visit.url.searchParams);
  const reading = readingFor(context, response);
  let cursor: Cursor | undefined = { skip: left, take: Math.max(0, right - left + 1) };
  const first = await reading.run({ kind: 'page', filter, cursor, maxBytes: PAGE_BYTES });
  const output = startJson(context, request, response, NO_CACHE);
  output.write('[');
  let separator = '';
  for (let page = first; ; ) {
    if (page.count > 0) await write(output, separator, page.bytes);
    separator = ', ';
    cursor = page.next;
    if (cursor === undefined || response.destroyed) break;
    page = await reading.run({ kind: 'page', filter, cursor, maxBytes: PAGE_BYTES });
  }
  output.end(']');
}

/** GET and HEAD /api/v1/record/{id}. */
export async function getRecord(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
  { user, url }: Visit,
): Promise<void> {
  if (!may(user, 'basic-reader')) throw new ApiError('forbidden');
  const id = Number(/^\/api\/v1\/record\/(\d{1,16})$/.exec(url.pathname)?.[1] ?? 0);
  if (id < 1 || !Number.isSafeInteger(id)) throw new ApiError('noRecord');
  const bytes = await readingFor(context, response).run({ kind: 'get', id });
  if (bytes === undefined) throw new ApiError('noRecord');
  if (request.method === 'HEAD') {
    sendHead(response, 200, { 'Content-Type': 'application/json', ...FOR_EVER });
  } else if (bytes.length < SMALL) sendJson(response, 200, Buffer.from(bytes).toString(), FOR_EVER);
  else startJson(context, request, response, FOR_EVER).end(bytes);
}

/** Below so many bytes compression saves no packet. */
const SMALL = 1400;

/** Begins an answer of unknown length, compressed where the client accepts it. */
function startJson(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
): ServerResponse | Transform {
  const type = { 'Content-Type': 'application/json', ...headers };
  if (context.compress === undefined) {
    response.writeHead(200, type);
    return response;
  }
  const coding = chooseCoding(request.headers['accept-encoding']?.toString());
  const vary = { ...type, Vary: 'Accept-Encoding' };
  if (coding === undefined) {
    response.writeHead(200, vary);
    return response;
  }
  response.writeHead(200, { ...vary, 'Content-Encoding': coding });
  const stream = compressor(coding, context.compress);
  stream.pipe(response);
  response.on('close', () => stream.destroy());
  return stream;
}

/** Writes and waits until the client has taken enough of it. */
async function write(
  output: ServerResponse | Transform,
  separator: string,
  bytes: Uint8Array,
): Promise<void> {
  output.write(separator);
  if (output.write(bytes) || output.destroyed) return;
  const gone = new AbortController();
  const stop = () => gone.abort();
  output.once('close', stop);
  try {
    await once(output, 'drain', { signal: gone.signal });
  } catch (error) {
    // Closed before it drained: the client is gone, and the loop that writes sees it.
    if (!gone.signal.aborted) throw error;
  } finally {
    output.off('close', stop);
  }
}
