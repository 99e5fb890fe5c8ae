import type { Session } from './connection.ts';
import type { Packets } from './packets.ts';

/** A transaction whose ids are guessed. Its rows may be sent while the one before is under way, the rest only then. */
export class Guess {
  readonly #session: Session;
  readonly #packets: Packets;
  readonly #finish: () => Promise<number[][]>;
  #sending: Promise<void> = Promise.resolve();
  #isGivenUp = false;

  constructor(session: Session, packets: Packets, finish: () => Promise<number[][]>) {
    this.#session = session;
    this.#packets = packets;
    this.#finish = finish;
  }

  /** Its rows are not in the store any more, nor will be. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** Sends what does not depend on the transaction before. */
  sendRows(): Promise<void> {
    this.#sending = this.#sendRows();
    return this.#sending;
  }

  async #sendRows(): Promise<void> {
    for (const packet of this.#packets.take()) await this.#session.run(packet);
  }

  /** Sends the rest, and stores all; the ids of each batch. */
  finish(): Promise<number[][]> {
    return this.#finish();
  }

  /** Takes back what was sent, so that the transaction before can have these ids. To be called before `finish`. */
  async giveUp(): Promise<void> {
    this.#isGivenUp = true;
    await this.#sending.catch(() => undefined);
    // What cannot be rolled back goes with its connection, which who uses it next finds out.
    await this.#session.run('ROLLBACK').catch(() => undefined);
  }
}
