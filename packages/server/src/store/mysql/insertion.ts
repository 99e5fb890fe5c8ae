import type { Batch } from '../store.ts';
import { givenOut, StoreError } from '../store-error.ts';
import { numberOf, type Session } from './connection.ts';
import { serverErrno } from './fault.ts';
import { Guess } from './guess.ts';
import { hex } from './literal.ts';
import type { LoggerNames } from './logger-names.ts';
import { type JsonLimits, MAX_DEPTH } from './nearest.ts';
import { Packets } from './packets.ts';
import { type JsonColumn, type RecordRow, rowOf } from './rows.ts';
import { Tally } from './tally.ts';
import { addTexts } from './text-rows.ts';
import { STRIPE } from './texts.ts';
import { nextToken } from './transaction-token.ts';

/** Bytes of a packet at most, whatever the server takes. */
const PACKET = 8_388_608;
/** What is left free of a packet. */
const ROOM = 65_536;
/** Beyond so many bytes the driver would split a packet. */
const LARGEST_PACKET = 16_777_215;

/** More than a BIGINT holds: strict SQL makes an error of it, and the transaction goes no further. */
const TOO_LARGE = '18446744073709551615';

/** Refusals of a JSON text: no JSON, too deep, a value or a key too large; MariaDB's constraint. */
const JSON_REFUSALS: ReadonlySet<number> = new Set([3140, 3141, 3150, 3151, 3157, 4025]);
/** JavaScript's numbers, and so the API, tell no higher ids apart. Somebody else may have inserted such. */
const HIGHEST_ID = Number.MAX_SAFE_INTEGER;
/** A record_id is there already: somebody else writes the table. */
const DUPLICATE_KEY = 1062;

/** A transaction whose COMMIT was sent. */
interface Sent {
  readonly firstId: number;
  readonly token: Buffer;
}

/**
 * One call's records on their way into the store, through as many attempts as it takes. A COMMIT whose answer was lost
 * may have been done: the next attempt looks for its token first, under the lock on last_id that the lost transaction held.
 * A guess that comes to the server only after that finds another last_id there, and fails.
 */
export class Insertion {
  readonly #batches: readonly Batch[];
  readonly #count: number;
  /** Ids that the records have already, ascending. */
  readonly #given: readonly number[] | undefined;
  #column: JsonColumn = 'exact';
  /** The last id when it was last set to what others took. */
  #caughtUp: number | undefined;
  /** Transactions whose COMMIT was sent and not answered. */
  readonly #lost: Sent[] = [];

  constructor(batches: readonly Batch[], given?: readonly number[]) {
    this.#batches = batches;
    this.#count = batches.reduce((sum, batch) => sum + batch.length, 0);
    this.#given = given;
  }

  get count(): number {
    return this.#count;
  }

  /** Whether a transaction of it may be committed yet. */
  get isUncertain(): boolean {
    return this.#lost.length > 0;
  }

  /**
   * Makes a transaction that guesses the ids, which begin with `firstId`: that spares asking for them. It fails unless they
   * are the next ones. Undefined when a name is new, whose id would have to be asked for, or no ids are left. When it has
   * failed and is rolled back, `attempt` is to be called. `early`: its rows may be sent before its turn, so that taking the
   * ids, which others wait for, comes behind them.
   */
  guess(session: Session, names: LoggerNames, firstId: number, when: 'early' | 'in turn'): Guess | undefined {
    if (firstId + this.#count - 1 > HIGHEST_ID) return undefined;
    const token = nextToken();
    const packets = packetsFor(session);
    const take = takeExpected(firstId - 1, firstId + this.#count - 1);
    packets.add('START TRANSACTION');
    if (when === 'in turn') packets.add(take);
    const tally = this.#gather(session, this.#rangeFrom(firstId), token, packets);
    const nameIds = names.known(tally.names);
    if (nameIds === undefined) return undefined;
    return new Guess(session, packets, async () => {
      if (when === 'early') packets.add(take);
      tally.write(packets, nameIds);
      await this.#finish(session, packets, firstId, token);
      return this.#idsFrom(firstId);
    });
  }

  /** Stores all records in one transaction; the ids of each batch. Rejects with the driver's error. */
  async attempt(session: Session, names: LoggerNames): Promise<number[][]> {
    if (this.#count === 0) return this.#batches.map(() => []);
    try {
      return await this.#try(session, names);
    } catch (error) {
      names.rolledBack();
      const errno = serverErrno(error);
      if (errno === DUPLICATE_KEY) {
        if (!(await this.#catchUp(session))) throw error;
      } else if (errno === undefined || !JSON_REFUSALS.has(errno) || this.#column !== 'exact') throw error;
      else this.#column = limitsOf(session);
      await session.run('ROLLBACK');
      return await this.attempt(session, names);
    }
  }

  async #try(session: Session, names: LoggerNames): Promise<number[][]> {
    const next = this.#given === undefined ? await this.#begin(session) : await beginAt(session);
    for (const sent of this.#lost) {
      if (!(await isStored(session, sent))) continue;
      await session.run('ROLLBACK');
      return this.#idsFrom(sent.firstId);
    }
    const ids = this.#given ?? this.#rangeFrom(next);
    const firstId = ids[0] ?? next;
    if (this.#given !== undefined) await passOver(session, next, this.#given);
    const token = nextToken();
    const packets = packetsFor(session);
    const tally = this.#gather(session, ids, token, packets);
    // Last, because other servers' transactions would wait for these rows.
    tally.write(packets, await names.idsOf(session, tally.names));
    await this.#finish(session, packets, firstId, token);
    names.committed();
    return this.#idsFrom(firstId);
  }

  /** Sends what is left, with COMMIT at its end, and remembers what is to be looked for should the answer be lost. */
  async #finish(session: Session, packets: Packets, firstId: number, token: Buffer): Promise<void> {
    const left = packets.done('COMMIT');
    for (const packet of left.slice(0, -1)) await session.run(packet);
    this.#lost.push({ firstId, token });
    try {
      await session.run(left.at(-1) ?? 'COMMIT');
    } catch (error) {
      if (serverErrno(error) !== undefined) this.#lost.pop();
      throw error;
    }
  }

  /** Begins a transaction and takes ids, for which all writers wait for each other; the first of them. */
  async #begin(session: Session): Promise<number> {
    const take = `UPDATE property SET value = LAST_INSERT_ID(value + ${this.#count}) WHERE name = 'last_id'`;
    const [, taken] = await session.run(`START TRANSACTION; ${take}`);
    if (taken?.affectedRows !== 1) {
      throw new StoreError('unavailable', 'The schema is missing; run "chronologer migrate"');
    }
    // The driver gives what is higher as a text.
    const last = Number(taken.insertId);
    if (last > HIGHEST_ID) {
      throw new StoreError('unavailable', `The ids of the store are used up: ${HIGHEST_ID} is the highest`);
    }
    return last - this.#count + 1;
  }

  /** Adds all rows but those of the sums. */
  #gather(session: Session, ids: readonly number[], token: Buffer, packets: Packets): Tally {
    const limits = limitsOf(session);
    // A literal takes two bytes for each.
    const searchedBytes = Math.floor(Math.min(session.maxPacket, PACKET) / 4);
    const tally = new Tally();
    const rows: RecordRow[] = [];
    for (const record of this.#batches.flat()) {
      let row = rowOf(record, this.#column, searchedBytes);
      // Three bytes for each of JavaScript's characters at most.
      if (3 * row.values.length > limits.size && Buffer.byteLength(row.values) > limits.size)
        row = rowOf(record, limits, searchedBytes);
      tally.add(row.searchedName, row.level, row.ts, ids[rows.length] ?? 0, 1);
      rows.push(row);
    }
    packets.addRows(
      'INSERT INTO record (record_id, name, ts, level, message, logrec) VALUES ',
      rows.map(({ values }, index) => `(${ids[index]}, ${values})`),
    );
    addTexts(packets, ids, rows, token, session.maxPacket);
    addLongNames(packets, ids, rows);
    return tally;
  }

  /** Somebody else took ids from AUTO_INCREMENT, or ids of their own. False when that was not it, the last time. */
  async #catchUp(session: Session): Promise<boolean> {
    const highest = `SELECT COALESCE(MAX(record_id), 0) FROM record WHERE record_id <= ${HIGHEST_ID}`;
    await session.run(
      `ROLLBACK; UPDATE property SET value = GREATEST(value, (${highest})) WHERE name = 'last_id'`,
    );
    const [row] = await session.rows("SELECT value FROM property WHERE name = 'last_id'");
    const before = this.#caughtUp;
    this.#caughtUp = numberOf(row?.[0]);
    return this.#caughtUp !== before;
  }

  #rangeFrom(firstId: number): number[] {
    return Array.from({ length: this.#count }, (_, index) => firstId + index);
  }

  #idsFrom(firstId: number): number[][] {
    let id = firstId;
    return this.#batches.map((batch) => batch.map(() => id++));
  }
}

/** Begins a transaction for which all writers wait; the next id that would be given out. */
async function beginAt(session: Session): Promise<number> {
  await session.run('START TRANSACTION');
  const [row] = await session.rows("SELECT value FROM property WHERE name = 'last_id' FOR UPDATE");
  return numberOf(row?.[0]) + 1;
}

/** Notes ids as taken. Throws a StoreError when one of them may be already. */
async function passOver(session: Session, next: number, ids: readonly number[]): Promise<void> {
  let last = next - 1;
  for (const id of ids) {
    if (id <= last) throw givenOut(id, last);
    last = id;
  }
  await session.run(`UPDATE property SET value = ${last} WHERE name = 'last_id'`);
}

/** Fails when the last id is another one. */
function takeExpected(last: number, next: number): string {
  return `UPDATE property SET value = IF(value = ${last}, ${next}, ${TOO_LARGE}) WHERE name = 'last_id'`;
}

function packetsFor({ maxPacket }: Session): Packets {
  return new Packets(Math.min(maxPacket, PACKET) - ROOM);
}

function limitsOf({ flavour, maxPacket }: Session): JsonLimits {
  return { depth: MAX_DEPTH[flavour], size: Math.min(maxPacket, LARGEST_PACKET) - ROOM };
}

async function isStored(session: Session, { firstId, token }: Sent): Promise<boolean> {
  const [row] = await session.rows(
    `SELECT COUNT(*) FROM record_text WHERE stripe = ${Math.floor(firstId / STRIPE)} AND first_id = ${firstId}
     AND token = ${hex(token)}`,
  );
  return numberOf(row?.[0]) > 0;
}

function addLongNames(packets: Packets, ids: readonly number[], rows: readonly RecordRow[]): void {
  packets.addRows(
    'INSERT INTO long_name VALUES ',
    rows.flatMap(({ name, searchedName }, index) =>
      name === undefined ? [] : [`(${ids[index]},${hex(searchedName)})`],
    ),
  );
}
