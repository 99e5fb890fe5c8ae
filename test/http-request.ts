import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';

export type Request = {
  method?: string;
  /** Sent as it stands, with its query string. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
};

/** The body is as it came, still encoded. */
export type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer };

/** Basic credentials of the user that a server has by default: `logger` with an empty password. */
export const LOGGER = { Authorization: `Basic ${Buffer.from('logger:').toString('base64')}` } as const;

/** Sends one request on a connection of its own and reads the whole answer; no redirect is followed. */
export async function send(
  address: string,
  { method = 'GET', path, headers, body }: Request,
): Promise<Answer> {
  const { hostname, port } = new URL(address);
  const length: Record<string, string> =
    body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
  const sent = request({
    host: hostname,
    port,
    method,
    path,
    headers: { ...length, ...headers },
    agent: false,
  });
  sent.end(body);
  const [response]: [IncomingMessage] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}

/** The body as text, after undoing what content-encoding names. */
export function textOf({ headers, body }: Answer): string {
  switch (headers['content-encoding']) {
    case undefined:
    case 'identity':
      return body.toString('utf8');
    case 'br':
      return brotliDecompressSync(body).toString('utf8');
    case 'gzip':
      return gunzipSync(body).toString('utf8');
    case 'deflate':
      return inflateSync(body).toString('utf8');
    case 'zstd':
      return zstdDecompressSync(body).toString('utf8');
    default:
      throw new Error(
        `the answer has a content-encoding that is not understood: ${headers['content-encoding']}`,
      );
  }
}
