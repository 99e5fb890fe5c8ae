import type { Socket } from 'node:net';
import { BYE, OK, PATH_MAX } from '../protocol.ts';
import { pythonError } from '../python-error.ts';
import type { Appender } from './appender.ts';
import type { Files, Opening } from './files.ts';
import { owned } from './source.ts';
import { Stream } from './stream.ts';

/** A client is not read while more than this of its data waits to be written, in bytes. */
const MOST_WAITING = 262_144;

const SLASH = 0x2f;

/** What the server is asked and told. */
export interface ClientEvents {
  /** Whether clients may be read at all. */
  mayRead(): boolean;
  onRead(bytes: number): void;
  onOpened(): void;
  /** What it was told, and how many of its bytes are lost with that. */
  onError(message: string, lost: number): void;
  /** Its connection is closed and its data written. May be called twice. */
  onGone(): void;
}

/**
 * A client from its first byte to its last: a path up to NUL, then data for that file. It is told `OK`, and at the end `BYE`
 * when all its data is written, or an error.
 */
export class ClientConnection {
  readonly #stream: Stream;
  readonly #files: Files;
  readonly #events: ClientEvents;
  #pathParts: Buffer[] = [];
  #pathLength = 0;
  #path: Buffer | undefined;
  #opening: Opening | undefined;
  /** Data that came while the file was opened. */
  #early: Buffer[] = [];
  #appender: Appender | undefined;
  /** Nothing more comes of the client, or nothing more is taken. */
  #ended = false;
  /** What it is told when everything is written; nothing when it was told already. */
  #farewell: string | undefined = BYE;
  /** Its last word was said. */
  #closed = false;
  #gone = false;

  constructor(accepted: Socket, files: Files, events: ClientEvents) {
    this.#files = files;
    this.#events = events;
    this.#stream = new Stream(accepted, {
      room: () => (this.#path === undefined ? 2 * PATH_MAX - this.#pathLength : Number.POSITIVE_INFINITY),
      onData: (bytes) => this.#data(bytes),
      onEnd: () => this.#end(),
      onGone: () => this.#lost(),
    });
  }

  /** The file's path, once it is known. */
  get path(): Buffer | undefined {
    return this.#path;
  }

  /** Bytes taken from the client that are not written yet. */
  get waiting(): number {
    const early = this.#early.reduce((sum, { length }) => sum + length, 0);
    return early + (this.#appender?.pending ?? 0);
  }

  /** Bytes received, those of the path included. */
  get received(): number {
    return this.#stream.bytesRead;
  }

  /** Nothing more is read of it. */
  get isCut(): boolean {
    return this.#ended;
  }

  /** Not read for the time being, for too much waits to be written. */
  get isHeldUp(): boolean {
    return !this.#ended && !this.#mayBeRead();
  }

  #mayBeRead(): boolean {
    if (this.waiting > MOST_WAITING) return false;
    return this.#events.mayRead() || this.#appender?.isAwaited === true;
  }

  /** Reads or stops reading, as is right by now. */
  flow(): void {
    if (this.#ended || this.#closed) return;
    const mayBeRead = this.#mayBeRead();
    this.#appender?.pause(!mayBeRead);
    if (mayBeRead) this.#stream.resume();
    else this.#stream.pause();
  }

  /** Tells the client that the daemon ends. It is still read; `cut` ends that. */
  announceExit(): void {
    if (this.#closed || this.#farewell === undefined) return;
    this.#farewell = undefined;
    this.#stream.send('OSError: offlog server exited');
  }

  /** Nothing more is read; what was is written, and the connection closed. */
  cut(): void {
    this.#opening?.stopWaiting();
    this.#end();
  }

  #data(bytes: Buffer): void {
    this.#events.onRead(bytes.length);
    if (this.#ended || this.#closed) return;
    if (this.#path === undefined) this.#readPath(bytes);
    else this.#take(bytes);
    this.flow();
  }

  #readPath(bytes: Buffer): void {
    const end = bytes.indexOf(0);
    const part = end < 0 ? bytes : bytes.subarray(0, end);
    this.#pathParts.push(part);
    this.#pathLength += part.length;
    if (this.#pathLength > PATH_MAX) {
      this.#fail('ValueError: path longer than PATH_MAX');
      return;
    }
    if (end < 0) return;
    const path = Buffer.concat(this.#pathParts);
    this.#pathParts = [];
    if (path[0] !== SLASH) {
      this.#fail('ValueError: not an absolute path');
      return;
    }
    this.#path = path;
    if (end + 1 < bytes.length) this.#early.push(owned(bytes.subarray(end + 1)));
    this.#opening = this.#files.open(
      path,
      {
        onAwaited: () => this.flow(),
        onWritten: () => (this.#ended ? this.#sayFarewell() : this.flow()),
        onFailed: (error, lost) => this.#fail(pythonError(error), lost),
      },
      {
        onOpened: (appender) => this.#opened(appender),
        onError: (error) => this.#fail(pythonError(error, path)),
        onWaiting: () => this.#stream.probe(),
      },
    );
  }

  #opened(appender: Appender): void {
    this.#opening = undefined;
    this.#appender = appender;
    this.#events.onOpened();
    if (this.#farewell !== undefined) this.#stream.send(OK);
    const early = this.#early;
    this.#early = [];
    for (const bytes of early) appender.append(bytes);
    if (this.#ended) this.#finish();
    else this.flow();
  }

  #take(bytes: Buffer): void {
    if (this.#appender === undefined) this.#early.push(bytes);
    else this.#appender.append(bytes);
  }

  /** Nothing more comes. A file that is still being opened is waited for while there is something to write into it. */
  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#opening !== undefined && this.#early.length > 0) return;
    this.#opening?.cancel();
    this.#opening = undefined;
    this.#finish();
  }

  #finish(): void {
    this.#appender?.end();
    this.#sayFarewell();
  }

  #sayFarewell(): void {
    if (this.#closed || this.waiting > 0) return;
    this.#closed = true;
    const { file } = this.#appender ?? {};
    const close = (error?: unknown) => {
      this.#leave();
      const farewell = this.#farewell && error ? pythonError(error) : this.#farewell;
      this.#stream.close(farewell);
      if (this.#gone) this.#events.onGone();
    };
    if (file === undefined) close();
    else file.whenDurable(close);
  }

  /** An error, and how many bytes are lost with it besides those that came before the file was open. */
  #fail(message: string, unwritten = 0): void {
    if (this.#closed) return;
    const lost = unwritten + this.#early.reduce((sum, { length }) => sum + length, 0);
    this.#closed = true;
    this.#ended = true;
    this.#opening = undefined;
    this.#early = [];
    this.#events.onError(message, lost);
    this.#leave();
    this.#stream.close(message);
    if (this.#gone) this.#events.onGone();
  }

  #leave(): void {
    if (this.#appender !== undefined && this.#path !== undefined) {
      this.#files.leave(this.#path, this.#appender);
    }
  }

  /** The connection is no more. What came by it is written all the same. */
  #lost(): void {
    this.#gone = true;
    // Nobody is there who would wait for the reader of a pipe.
    this.#opening?.stopWaiting();
    if (this.#closed) this.#events.onGone();
    else this.#end();
  }
}
