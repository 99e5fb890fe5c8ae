import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { LOGGER } from '../http-request.ts';

/** The head of a request that carries the credentials of the default user, its blank line included. */
export function headOf(method: string, path: string, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ Host: 'localhost', ...LOGGER, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** A connection on which a test sends what no proper client would. */
export class RawConnection {
  readonly socket: Socket;
  #received = '';
  /** Resolves when the connection has ended, torn or not. */
  readonly closed: Promise<void>;

  /** Use openRaw, which waits until it is connected. With `reads` false nothing is ever read from it. */
  constructor(address: string, reads: boolean) {
    const { hostname, port } = new URL(address);
    this.socket = connect({ host: hostname, port: Number(port) });
    // What the server does to the connection is seen by `closed` and `received`.
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
    if (reads) {
      this.socket.setEncoding('latin1').on('data', (text: string) => {
        this.#received += text;
      });
    }
  }

  /** Everything that came so far, a character a byte. */
  get received(): string {
    return this.#received;
  }

  /** The status of the first answer, undefined before one came. */
  get status(): number | undefined {
    const found = /^HTTP\/1\.1 (\d{3})/.exec(this.#received);
    return found === null ? undefined : Number(found[1]);
  }

  /** Sends and waits until the kernel has taken it; false when the connection is closed. */
  async send(bytes: string | Uint8Array): Promise<boolean> {
    if (this.socket.destroyed || this.socket.writableEnded) return false;
    if (this.socket.write(bytes)) return true;
    await Promise.race([once(this.socket, 'drain').catch(() => undefined), this.closed]);
    return !this.socket.destroyed;
  }

  /** Resolves with the status of the first answer; rejects when the connection closes without or `limit` ms pass. */
  async answer(limit: number): Promise<number> {
    const deadline = performance.now() + limit;
    for (;;) {
      if (this.status !== undefined) return this.status;
      if (this.socket.destroyed) throw new Error('the connection was closed without an answer');
      if (performance.now() > deadline) throw new Error(`no answer within ${limit} ms`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

export async function openRaw(address: string, { reads = true } = {}): Promise<RawConnection> {
  const connection = new RawConnection(address, reads);
  await once(connection.socket, 'connect');
  return connection;
}
