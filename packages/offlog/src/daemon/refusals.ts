import type { Socket } from 'node:net';

/** How long a refused client has to send its path and read the answer, in milliseconds. */
const TIME = 500;

/** Refused clients at once that are given that time: they take descriptors, too. */
const AT_ONCE = 24;

/**
 * Refusals for want of descriptors. A client first sends its path; were the connection closed at once, that would fail, and the
 * reason not be read.
 */
export class Refusals {
  #lingering = 0;

  refuse(socket: Socket): void {
    socket.on('error', () => undefined);
    if (this.#lingering >= AT_ONCE) {
      socket.end('OSError: [Errno 24] Too many open files\0', () => socket.destroy());
      return;
    }
    this.#lingering++;
    const timer = setTimeout(() => socket.destroy(), TIME).unref();
    socket.on('end', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(timer);
      this.#lingering--;
    });
    socket.end('OSError: [Errno 24] Too many open files\0');
    // What it sends is of no interest.
    socket.resume();
  }
}
