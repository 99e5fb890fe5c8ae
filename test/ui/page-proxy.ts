import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'application/javascript',
  '.css': 'text/css',
  '.png': 'image/png',
  '.gif': 'image/gif',
  '.svg': 'image/svg+xml',
};

export type PageProxy = AsyncDisposable & {
  address: string;
  /** Each request that went on to the server, as "METHOD path STATUS". */
  requests: string[];
};

/** One origin for a page and its server: files of `folder` under /ui/, everything else goes on to the server. */
export async function startPageProxy(folder: string, server: string): Promise<PageProxy> {
  const requests: string[] = [];
  const proxy = createServer((incoming, outgoing) => {
    const path = new URL(incoming.url ?? '/', 'http://page').pathname;
    if (path.startsWith('/ui/') && path !== '/ui/authn')
      void sendFile(folder, path.slice('/ui/'.length), outgoing);
    else passOn(server, incoming, outgoing, requests);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const bound = proxy.address();
  if (bound === null || typeof bound === 'string') throw new Error('the proxy has no port');
  return {
    address: `http://127.0.0.1:${bound.port}`,
    requests,
    async [Symbol.asyncDispose]() {
      proxy.close();
      proxy.closeAllConnections();
      await once(proxy, 'close');
    },
  };
}

async function sendFile(folder: string, name: string, outgoing: ServerResponse): Promise<void> {
  const file = join(folder, normalize(`/${name === '' ? 'index.html' : decodeURIComponent(name)}`));
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) {
    outgoing.writeHead(404).end();
    return;
  }
  outgoing.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' });
  createReadStream(file).pipe(outgoing);
}

function passOn(
  server: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  requests: string[],
): void {
  const { hostname, port } = new URL(server);
  const { method, url: path, headers } = incoming;
  const onward = request({ host: hostname, port, method, path, headers, agent: false }, (response) => {
    requests.push(`${method} ${path} ${response.statusCode}`);
    outgoing.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}
