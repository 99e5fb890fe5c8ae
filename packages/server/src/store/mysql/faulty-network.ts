import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { MysqlAddress } from './address.ts';

/**
 * What becomes of a client's packet: it goes on; the connection is cut before it arrives; it arrives and the connection is
 * cut before its answer does; the client is cut and the packet arrives by and by.
 */
export type Fate = 'passes' | 'cut before' | 'cut behind' | 'late';

/** Milliseconds by which a late packet comes after its client was cut. */
const LATE = 300;

/** A network between a store and its server, for tests. */
export class FaultyNetwork implements AsyncDisposable {
  readonly address: MysqlAddress;
  /** Asked for each packet of a client, with its bytes as Latin-1. */
  fateOf: (packet: string) => Fate = () => 'passes';
  /** Connections that were cut. */
  cuts = 0;
  readonly #server: ReturnType<typeof createServer>;
  readonly #sockets = new Set<Socket>();

  private constructor(target: MysqlAddress, server: ReturnType<typeof createServer>) {
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    this.address = { ...target, host: '127.0.0.1', port };
    server.on('connection', (client) => this.#join(client, connect(target.port, target.host)));
  }

  static async to(target: MysqlAddress): Promise<FaultyNetwork> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FaultyNetwork(target, server);
  }

  /** Cuts all connections that there are. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cutAll();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket, server: Socket): void {
    let silent = false;
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        if (!silent) other.destroy();
      });
    }
    server.on('data', (bytes) => void (silent || client.write(bytes)));
    client.on('data', (bytes) => {
      if (silent) return;
      const fate = this.fateOf(bytes.toString('latin1'));
      if (fate === 'cut before') {
        this.cuts++;
        server.destroy();
        return;
      }
      if (fate !== 'passes') {
        this.cuts++;
        silent = true;
        client.destroy();
        setTimeout(() => server.end(bytes), fate === 'late' ? LATE : 0);
        return;
      }
      server.write(bytes);
    });
  }
}
