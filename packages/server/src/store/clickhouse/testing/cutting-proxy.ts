import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A network that loses answers. */
export interface CuttingProxy extends AsyncDisposable {
  readonly url: string;
  /** The connections that carry an INSERT next are cut when the server answers, before the client hears of it. */
  cutAnswers(count: number): void;
  readonly cut: number;
}

/** Passes bytes between clients and a server on the loopback. */
export async function startCuttingProxy(server: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(server);
  const open = new Set<Socket>();
  let left = 0;
  let cut = 0;
  const proxy = createServer((client) => {
    const onward = connect({ host: hostname, port: Number(port) });
    let isInsert = false;
    for (const socket of [client, onward]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        onward.destroy();
      });
    }
    client.on('data', (bytes: Buffer) => {
      if (bytes.includes('POST '))
        isInsert = bytes.includes('INSERT+INTO') || bytes.includes('INSERT%20INTO');
      onward.write(bytes);
    });
    onward.on('data', (bytes: Buffer) => {
      if (!isInsert || left === 0) client.write(bytes);
      else {
        left--;
        cut++;
        client.destroy();
      }
    });
  });
  proxy.listen({ host: '127.0.0.1', port: 0 });
  await once(proxy, 'listening');
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    cutAnswers(count) {
      left = count;
    },
    get cut() {
      return cut;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
