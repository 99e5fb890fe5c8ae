import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { owned } from './source.ts';

/** One read takes no more than this, in bytes. */
const READ_BYTES = 65_536;

/** All sockets read into this, one after the other; what was read is copied out at once. */
const shared = Buffer.allocUnsafeSlow(READ_BYTES);

const nothing = Buffer.alloc(0);

/** What the owner of a stream is asked and told. */
export interface StreamEvents {
  /** The most bytes that the next read may take; at least 1. */
  room(): number;
  /** A buffer of its own, no part of a larger one. */
  onData(bytes: Buffer): void;
  /** The client shut down its writing side. */
  onEnd(): void;
  /** The connection broke, or was closed here. */
  onGone(): void;
}

/**
 * A client's socket. Node allocates 64 KiB for each read of an accepted socket, which the collector frees too late: 500
 * clients took 300 MB. A socket around the accepted handle may have a buffer of ours instead (`onread`, which a server's
 * sockets cannot be given); each read then takes the memory of its bytes, and 70 MB are enough.
 */
export class Stream {
  readonly #socket: Socket;

  constructor(accepted: Socket, events: StreamEvents) {
    const onread: OnReadOpts = {
      buffer: () => shared.subarray(0, Math.min(READ_BYTES, events.room())),
      callback: (length, bytes) => {
        events.onData(owned(bytes.subarray(0, length)));
        return true;
      },
    };
    const options: SocketConstructorOpts = { allowHalfOpen: true, onread };
    this.#socket = new Socket(Object.assign(options, { handle: takeHandle(accepted) }));
    this.#socket.on('end', () => events.onEnd());
    // What broke is of no interest: the client is gone, and what it sent is written.
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => events.onGone());
    this.#socket.resume();
  }

  /** Bytes read by now. */
  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  resume(): void {
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  pause(): void {
    if (!this.#socket.isPaused()) this.#socket.pause();
  }

  /** Sends a message: a text that ends in NUL. */
  send(message: string): void {
    if (this.#socket.writable) this.#socket.write(`${message}\0`);
  }

  /**
   * Finds out whether the client is still there, for one that shut down its writing side and one that closed look the
   * same to a reader. Writing nothing is an error when the other end is closed.
   */
  probe(): void {
    if (this.#socket.writable) this.#socket.write(nothing);
  }

  /** Sends a last message, if there is one, and closes. Closed at once and not half: the client sees its end only then. */
  close(message?: string): void {
    if (message === undefined || !this.#socket.writable) this.#socket.destroy();
    else this.#socket.write(`${message}\0`, () => this.#socket.destroy());
  }
}

/** The handle of a socket that has not been read yet; the socket is left without one. Neither is documented. */
function takeHandle(accepted: Socket): undefined {
  const holder: { _handle?: undefined } = accepted as object;
  const handle = holder._handle;
  Object.assign(holder, { _handle: null });
  return handle;
}
