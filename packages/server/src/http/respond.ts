import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ApiError, errorBody } from '../errors.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };

/** Sends a JSON text whole. */
export function sendJson(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(text);
  response.writeHead(status, { ...JSON_TYPE, ...headers, 'Content-Length': body.length });
  response.end(body);
}

/** Sends headers alone: the answer to a HEAD. */
export function sendHead(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(status, headers);
  response.end();
}

/** Sends an error: as JSON, and where there is no body, as headers of printable ASCII. */
export function sendError(request: IncomingMessage, response: ServerResponse, error: ApiError): void {
  const { status, type, message, headers } = error;
  if (request.method === 'HEAD') {
    sendHead(response, status, {
      ...JSON_TYPE,
      ...headers,
      'X-Error-Type': type,
      'X-Error-Message': message.replace(/[^\x20-\x7e]/g, '?'),
    });
  } else sendJson(response, status, errorBody(type, message), headers);
}

/** The page's way on: 303, and a JSON body for no other reason than that 0.4.5 says it is JSON. */
export function redirect(
  response: ServerResponse,
  location: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(303, { ...JSON_TYPE, Location: location, ...headers, 'Content-Length': 0 });
  response.end();
}
