import { readSync, writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BYE, OK } from '../protocol.ts';
import { connectError, connectionLost, errorOfMessage, type OfflogError, timeoutError } from './errors.ts';
import { MessageReader } from './messages.ts';

/** Milliseconds until connecting is tried again when the daemon's queue of new connections is full. */
const CROWDED_MS = 10;

/** The longest time setTimeout can wait, milliseconds. */
export const FOREVER = 2 ** 31 - 1;

/** What a connection tells its owner. Each at most once. */
export type ConnectionEvents = {
  /** The daemon sent an error text. It closes afterwards, but may still read what was sent. */
  error(error: OfflogError): void;
  /** The connection is over: neither side sends any more. */
  over(): void;
};

/**
 * One connection to the daemon, after its `OK`.
 *
 * Data is written with fs.writeSync on the socket's descriptor, which libuv has set to non-blocking. The descriptor
 * (`socket._handle.fd`) is undocumented, but it is the only way to hand over data synchronously, as an exit handler has
 * to; and with no second queue inside of Node it is known to the byte what the kernel has taken.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #messages: MessageReader;
  #events: ConnectionEvents | undefined;
  #opened = (_refused?: OfflogError): void => {};

  /** The error text of the daemon. */
  error: OfflogError | undefined;
  /** The daemon said that everything is written. */
  bye = false;
  over = false;
  /** The daemon closed without having read everything. */
  reset = false;
  /** Bytes of data that the kernel has taken. */
  sent = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#messages = new MessageReader((message) => this.#receive(message));
    socket.on('data', (data: Buffer) => this.#messages.add(data));
    socket.on('end', () => this.#end());
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.reset ||= error.code === 'ECONNRESET';
      this.#end();
    });
  }

  /**
   * Connects and has a file opened.
   *
   * @param path absolute, without the NUL
   * @param timeout milliseconds until the daemon must have answered
   * @throws OfflogError the daemon's, or one that says why there is none
   */
  static async open(sockPath: string, path: Uint8Array, timeout: number): Promise<Connection> {
    const deadline = performance.now() + timeout;
    const late = () => timeoutError(`no response from the offlog daemon on ${sockPath} within ${timeout} ms`);
    for (;;) {
      try {
        const connection = new Connection(await connected(sockPath, deadline - performance.now(), late));
        await connection.#openFile(path, deadline - performance.now(), late);
        return connection;
      } catch (error) {
        if (!isCrowded(error)) throw error;
        if (performance.now() >= deadline) throw late();
        await sleep(CROWDED_MS);
      }
    }
  }

  async #openFile(path: Uint8Array, timeout: number, late: () => OfflogError): Promise<void> {
    // Path and NUL in one piece: offlog 0.1 and 0.3 take the path from one read.
    const request = Buffer.concat([path, Buffer.alloc(1)]);
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#opened = (refused) => (refused === undefined ? resolve() : reject(refused));
        timer = setTimeout(() => reject(late()), Math.min(timeout, FOREVER));
        this.send(request, 0, request.length);
        if (this.over) reject(this.failure);
      });
      // From now on it does not keep the program running.
      this.#socket.unref();
      this.sent = 0;
    } catch (error) {
      this.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
      this.#opened = () => {};
    }
  }

  /** Events go here from now on; what has happened already is told at once. */
  attach(events: ConnectionEvents): void {
    this.#events = events;
    if (this.error !== undefined) events.error(this.error);
    if (this.over) events.over();
  }

  /** Why nothing can be sent any more. */
  get failure(): OfflogError {
    return this.error ?? connectionLost(this.reset);
  }

  /** Whether sending has come to its end. */
  get broken(): boolean {
    return this.over || this.error !== undefined;
  }

  /**
   * Hands bytes to the kernel: as many as it takes now, 0 when its buffer is full. Never waits.
   *
   * @throws OfflogError when the connection broke: the daemon's own words if it sent any
   */
  send = (bytes: Uint8Array, start: number, length: number): number => {
    const fd = this.#descriptor();
    if (fd < 0) throw this.failure;
    try {
      const sent = writeSync(fd, bytes, start, length);
      this.sent += sent;
      return sent;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN' || code === 'EINTR') return 0;
      this.reset ||= code === 'ECONNRESET';
      this.receiveNow();
      throw this.failure;
    }
  };

  /**
   * Takes the daemon's messages without waiting for the event loop: the reason of a broken connection has usually
   * arrived by the time a write fails.
   */
  receiveNow(): void {
    const bytes = Buffer.allocUnsafe(4096);
    try {
      for (;;) {
        const fd = this.#descriptor();
        if (fd < 0) return;
        const length = readSync(fd, bytes);
        if (length === 0) break;
        this.#messages.add(bytes.subarray(0, length));
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN' || code === 'EINTR') return;
      this.reset ||= code === 'ECONNRESET';
    }
    this.#end();
  }

  /** Asked for each time: after the socket was closed, its number may belong to another file. */
  #descriptor(): number {
    const handle = (this.#socket as unknown as { _handle?: { fd?: number } | null })._handle;
    return handle?.fd ?? -1;
  }

  /** No more data follows; the daemon answers `BYE` when all is written. */
  shutDown(): void {
    this.#socket.ref();
    this.#socket.end();
  }

  destroy(): void {
    this.#events = undefined;
    this.over = true;
    this.#socket.destroy();
  }

  #receive(message: string): void {
    if (message === OK) {
      this.#opened();
      return;
    }
    if (message === BYE) {
      this.bye = true;
      return;
    }
    const error = errorOfMessage(message);
    if (error === undefined || this.error !== undefined) return;
    this.error = error;
    this.#opened(error);
    this.#events?.error(error);
  }

  #end(): void {
    if (this.over) return;
    this.over = true;
    this.#opened(this.failure);
    const events = this.#events;
    this.#socket.destroy();
    events?.over();
  }
}

function connected(sockPath: string, timeout: number, late: () => OfflogError): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path: sockPath, allowHalfOpen: true });
    const timer = setTimeout(() => end(late()), Math.min(timeout, FOREVER));
    const end = (error?: Error) => {
      clearTimeout(timer);
      socket.removeListener('error', failed);
      if (error === undefined) return resolve(socket);
      socket.destroy();
      reject(error);
    };
    const failed = (error: NodeJS.ErrnoException) => end(connectError(error, sockPath));
    socket.once('error', failed);
    socket.once('connect', () => end());
  });
}

function isCrowded(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EAGAIN';
}
