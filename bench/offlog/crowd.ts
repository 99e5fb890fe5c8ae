import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';

/** Lines that are sent in one piece, as a client that gathers a little before it sends. */
const LINES_A_PIECE = 40;
const LINE_BYTES = 100;

export type Crowd = { clients: number; files: number; linesEach: number };

const pathOf = (folder: string, client: number, { files }: Crowd): string =>
  join(folder, `crowd-${client % files}.log`);

/** Lines of one client, numbered from `first`. */
function piece(client: number, first: number, count: number): Buffer {
  const lines = Array.from({ length: count }, (_, i) =>
    `${client} ${first + i} `.padEnd(LINE_BYTES - 1, 'x').concat('\n'),
  );
  return Buffer.from(lines.join(''));
}

/** A connection to a daemon that has said OK. */
class Client {
  #connection: Socket;
  #heard = '';

  constructor(connection: Socket) {
    this.#connection = connection;
    connection.setEncoding('utf8').on('data', (text: string) => {
      this.#heard += text;
      connection.emit('message');
    });
    connection.on('end', () => {
      if (!this.#heard.endsWith('BYE\0')) connection.destroy(new Error(`ended after ${this.#heard}`));
    });
  }

  static async open(socket: string, path: string): Promise<Client> {
    const client = new Client(connect({ path: socket, allowHalfOpen: true }));
    client.#connection.write(`${path}\0`);
    await client.#expect('OK\0');
    return client;
  }

  /** Sends lines no faster than they are taken, and waits until they are written. */
  async write(client: number, lines: number): Promise<void> {
    const connection = this.#connection;
    for (let sent = 0; sent < lines; sent += LINES_A_PIECE) {
      const taken = connection.write(piece(client, sent, Math.min(LINES_A_PIECE, lines - sent)));
      if (!taken) await once(connection, 'drain');
    }
    connection.end();
    await this.#expect('OK\0BYE\0');
  }

  async #expect(due: string): Promise<void> {
    while (this.#heard.length < due.length) await once(this.#connection, 'message');
    if (this.#heard !== due) throw new Error(`the daemon said ${this.#heard}`);
  }
}

/** Has many clients write at once; answers seconds from the first line to the last BYE. */
export async function runCrowd(socket: string, folder: string, crowd: Crowd): Promise<number> {
  const clients: Client[] = [];
  for (let client = 0; client < crowd.clients; client++) {
    clients.push(await Client.open(socket, pathOf(folder, client, crowd)));
  }
  const start = performance.now();
  await Promise.all(clients.map((each, client) => each.write(client, crowd.linesEach)));
  return (performance.now() - start) / 1000;
}

/** Throws unless the files hold as many bytes as were sent; with `whole`, each line whole and each client's in order. */
export async function checkCrowd(folder: string, crowd: Crowd, whole: boolean): Promise<void> {
  const next = new Array<number>(crowd.clients).fill(0);
  for (let file = 0; file < crowd.files; file++) {
    const path = pathOf(folder, file, crowd);
    const text = await readFile(path, 'latin1');
    const due = (crowd.clients / crowd.files) * crowd.linesEach * LINE_BYTES;
    if (text.length !== due) throw new Error(`${path} holds ${text.length} bytes of ${due}`);
    if (!whole) continue;
    for (let at = 0; at < text.length; at += LINE_BYTES) {
      const line = text.slice(at, at + LINE_BYTES);
      const client = Number(line.slice(0, line.indexOf(' ')));
      const number = next[client] ?? Number.NaN;
      if (!line.startsWith(`${client} ${number} x`) || !line.endsWith('x\n')) {
        throw new Error(`${path} is wrong after byte ${at}: ${JSON.stringify(line)}`);
      }
      next[client] = number + 1;
    }
  }
}
