import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ApiError } from '../errors.ts';
import type { Answer } from '../ingest/answer.ts';
import type { ContentType } from '../ingest/decode.ts';
import { checkBody, receiveBody } from './body.ts';
import { type Context, may, type Visit } from './context.ts';
import { readRaw } from './parameters.ts';
import { sendJson } from './respond.ts';

const TYPES: ReadonlyMap<string, ContentType> = new Map([
  ['application/x-www-form-urlencoded', 'form'],
  ['application/json', 'json'],
  ['application/x-ndjson', 'ndjson'],
]);

/** What a POST's headers say; throws an ApiError for what is refused before the body comes. */
function checkPost(context: Context, request: IncomingMessage, { user, url }: Visit) {
  if (!may(user, 'writer')) throw new ApiError('forbidden');
  const [media = ''] = (request.headers['content-type'] ?? '').split(';', 1);
  const type = TYPES.get(media.trim().toLowerCase());
  if (type === undefined) throw new ApiError('wrongType');
  const raw = readRaw(url.searchParams);
  checkBody(request, context.bodyLimits);
  return { type, raw };
}

/** POST /api/v1/record: the body goes to the writing thread as it came; the answer is made there. */
export async function postRecord(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
  visit: Visit,
): Promise<void> {
  const { type, raw } = checkPost(context, request, visit);
  const { bytes, release } = await receiveBody(request, context.bodyLimits, context.budget);
  try {
    const { status, body } = await inOrder(request.socket, () =>
      context.writer.write({ type, raw, now: Date.now() * 1000, bytes }),
    );
    sendJson(response, status, body, status === 503 ? { 'Retry-After': '1' } : {});
  } finally {
    release();
  }
}

/** The last write of each connection that is under way. */
const underWay = new WeakMap<Socket, Promise<unknown>>();

/**
 * A client that sends the next request before it has the answer to the last one (RFC 9112, 9.3.2) still gets ascending ids,
 * though bodies take different ways to the store.
 */
async function inOrder(socket: Socket, write: () => Promise<Answer>): Promise<Answer> {
  const before = underWay.get(socket);
  const written = before === undefined ? write() : before.then(write, write);
  underWay.set(socket, written);
  try {
    return await written;
  } finally {
    if (underWay.get(socket) === written) underWay.delete(socket);
  }
}
