/** The daemon's messages are short; more than this without a NUL is no daemon of ours. */
const MOST = 64 * 1024;

/** Cuts what arrives at the NULs. */
export class MessageReader {
  readonly #take: (message: string) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(take: (message: string) => void) {
    this.#take = take;
  }

  add(data: Uint8Array): void {
    let rest = Buffer.concat([this.#rest, data]);
    for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
      this.#take(rest.toString('utf8', 0, end));
      rest = rest.subarray(end + 1);
    }
    this.#rest = rest.length > MOST ? Buffer.alloc(0) : rest;
  }
}
