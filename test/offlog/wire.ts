import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection as raw as the protocol: bytes there, messages back. */
export class Wire implements Disposable {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #end: string | undefined;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#wake();
    });
    socket.on('end', () => this.#over('<EOF>'));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#over(error.code === 'ECONNRESET' ? '<ConnectionResetError>' : `<${error.code}>`);
    });
    socket.on('close', () => this.#over('<EOF>'));
  }

  static async open(path: string): Promise<Wire> {
    const socket = connect({ path, allowHalfOpen: true });
    await once(socket, 'connect');
    return new Wire(socket);
  }

  /** A connection whose file is open. */
  static async to(path: string, file: string | Uint8Array): Promise<Wire> {
    const wire = await Wire.open(path);
    await wire.send(
      typeof file === 'string' ? Buffer.from(`${file}\0`) : Buffer.concat([file, Buffer.of(0)]),
    );
    const answer = await wire.receive();
    if (answer !== 'OK\0') throw new Error(`the daemon said ${answer}`);
    return wire;
  }

  /** Resolves when the kernel has taken all; to the error's code when it would not. */
  send(bytes: Uint8Array | string): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#socket.write(bytes, (error) =>
        resolve(error ? ((error as NodeJS.ErrnoException).code ?? '') : undefined),
      );
    });
  }

  /** Bytes that wait to be taken by the kernel. */
  get waiting(): number {
    return this.#socket.writableLength;
  }

  /** The next message with its NUL, in latin1; or how the connection ended. Rejects after `time` milliseconds. */
  async receive(time = 10_000): Promise<string> {
    const limit = AbortSignal.timeout(time);
    for (;;) {
      const end = this.#received.indexOf(0);
      if (end >= 0) {
        const message = this.#received.toString('latin1', 0, end + 1);
        this.#received = this.#received.subarray(end + 1);
        return message;
      }
      if (this.#end !== undefined) return this.#received.toString('latin1') + this.#end;
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        limit.addEventListener('abort', () => reject(new Error(`nothing came within ${time} ms`)), {
          once: true,
        });
      });
    }
  }

  /** No more will be sent. */
  end(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #over(how: string): void {
    this.#end ??= how;
    this.#wake();
  }
}
