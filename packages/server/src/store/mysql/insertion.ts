import { randomBytes } from 'node:crypto';
import type { Batch } from '../store.ts';
import { givenOut, StoreError } from '../store-error.ts';
import { numberOf, type Session } from './connection.ts';
import { serverErrno } from './fault.ts';
import { hex } from './literal.ts';
import type { LoggerNames } from './logger-names.ts';
import { type JsonLimits, MAX_DEPTH } from './nearest.ts';
import { Packets } from './packets.ts';
import { type JsonColumn, type RecordRow, rowOf } from './rows.ts';
import { Tally } from './tally.ts';
import { packTexts, STRIPE } from './texts.ts';

/** Bytes of a packet at most, whatever the server takes. */
const PACKET = 8_388_608;
/** What is left free of a packet. */
const ROOM = 65_536;
/** Beyond so many bytes the driver would split a packet. */
const LARGEST_PACKET = 16_777_215;
const PIECE = 1_048_576;

/** Refusals of a JSON text: no JSON, too deep, a value or a key too large; MariaDB's constraint. */
const JSON_REFUSALS: ReadonlySet<number> = new Set([3140, 3141, 3150, 3151, 3157, 4025]);
/** A record_id is there already: somebody else writes the table. */
const DUPLICATE_KEY = 1062;

/**
 * One call's records on their way into the store, through as many attempts as it takes. A COMMIT whose answer was lost
 * may have been done: the next attempt looks for its token first, under the lock that the lost transaction held.
 */
export class Insertion {
  readonly #batches: readonly Batch[];
  readonly #count: number;
  /** Ids that the records have already, ascending. */
  readonly #given: readonly number[] | undefined;
  #column: JsonColumn = 'exact';
  #lost: { readonly firstId: number; readonly token: Buffer } | undefined;

  constructor(batches: readonly Batch[], given?: readonly number[]) {
    this.#batches = batches;
    this.#count = batches.reduce((sum, batch) => sum + batch.length, 0);
    this.#given = given;
  }

  /** Stores all records in one transaction; the ids of each batch. Rejects with the driver's error. */
  async attempt(session: Session, names: LoggerNames): Promise<number[][]> {
    if (this.#count === 0) return this.#batches.map(() => []);
    try {
      return await this.#try(session, names);
    } catch (error) {
      names.rolledBack();
      const errno = serverErrno(error);
      if (errno === DUPLICATE_KEY) await this.#catchUp(session);
      else if (errno === undefined || !JSON_REFUSALS.has(errno) || this.#column !== 'exact') throw error;
      else this.#column = limitsOf(session);
      await session.run('ROLLBACK');
      return await this.attempt(session, names);
    }
  }

  async #try(session: Session, names: LoggerNames): Promise<number[][]> {
    const next = this.#given === undefined ? await this.#begin(session) : await beginAt(session);
    if (this.#lost !== undefined && (await isStored(session, this.#lost))) {
      await session.run('ROLLBACK');
      return this.#idsFrom(this.#lost.firstId);
    }
    this.#lost = undefined;
    const ids = this.#given ?? Array.from({ length: this.#count }, (_, index) => next + index);
    const firstId = ids[0] ?? next;
    if (this.#given !== undefined) await passOver(session, next, this.#given);
    const token = randomBytes(8);
    const packets = await this.#packets(session, names, ids, token);
    for (const packet of packets.slice(0, -1)) await session.run(packet);
    try {
      this.#lost = { firstId, token };
      await session.run(packets.at(-1) ?? 'COMMIT');
    } catch (error) {
      if (serverErrno(error) !== undefined) this.#lost = undefined;
      throw error;
    }
    names.committed();
    return this.#idsFrom(firstId);
  }

  /** Begins a transaction and takes ids, for which all writers wait for each other; the first of them. */
  async #begin(session: Session): Promise<number> {
    const take = `UPDATE property SET value = LAST_INSERT_ID(value + ${this.#count}) WHERE name = 'last_id'`;
    const [, taken] = await session.run(`START TRANSACTION; ${take}`);
    if (taken?.affectedRows !== 1) {
      throw new StoreError('unavailable', 'The schema is missing; run "chronologer migrate"');
    }
    return taken.insertId - this.#count + 1;
  }

  async #packets(
    session: Session,
    names: LoggerNames,
    ids: readonly number[],
    token: Buffer,
  ): Promise<string[]> {
    const limits = limitsOf(session);
    const tally = new Tally();
    const rows: RecordRow[] = [];
    for (const record of this.#batches.flat()) {
      let row = rowOf(record, this.#column);
      // Three bytes for each of JavaScript's characters at most.
      if (3 * row.values.length > limits.size && Buffer.byteLength(row.values) > limits.size)
        row = rowOf(record, limits);
      tally.add(row.fullName, row.level, row.ts, ids[rows.length] ?? 0, 1);
      rows.push(row);
    }
    const nameIds = await names.idsOf(session, tally.names);
    const packets = new Packets(Math.min(session.maxPacket, PACKET) - ROOM);
    packets.addRows(
      'INSERT INTO record (record_id, name, ts, level, message, logrec) VALUES ',
      rows.map(({ values }, index) => `(${ids[index]}, ${values})`),
    );
    addTexts(packets, ids, rows, token, Math.min(PIECE, Math.floor(session.maxPacket / 4)));
    addLongNames(packets, ids, rows);
    // Last, because other servers' transactions would wait for these rows.
    tally.write(packets, nameIds);
    return packets.done('COMMIT');
  }

  /** Somebody else took ids from AUTO_INCREMENT. */
  async #catchUp(session: Session): Promise<void> {
    await session.run(
      `ROLLBACK; UPDATE property SET value = GREATEST(value, (SELECT MAX(record_id) FROM record)) WHERE name = 'last_id'`,
    );
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

function limitsOf({ flavour, maxPacket }: Session): JsonLimits {
  return { depth: MAX_DEPTH[flavour], size: Math.min(maxPacket, LARGEST_PACKET) - ROOM };
}

async function isStored(
  session: Session,
  { firstId, token }: { readonly firstId: number; readonly token: Buffer },
): Promise<boolean> {
  const [row] = await session.rows(
    `SELECT COUNT(*) FROM record_text WHERE stripe = ${Math.floor(firstId / STRIPE)} AND first_id = ${firstId}
     AND token = ${hex(token)}`,
  );
  return numberOf(row?.[0]) > 0;
}

function addTexts(
  packets: Packets,
  ids: readonly number[],
  rows: readonly RecordRow[],
  token: Buffer,
  piece: number,
): void {
  const values = packTexts(ids, rows).flatMap(({ firstId: id, lastId, size, part }) =>
    pieces(part, piece).map(
      (bytes, index) =>
        `(${Math.floor(id / STRIPE)},${id},${index},${lastId},${size},${hex(token)},${hex(bytes)})`,
    ),
  );
  packets.addRows('INSERT INTO record_text VALUES ', values);
}

function pieces(part: Buffer, size: number): Buffer[] {
  const count = Math.ceil(part.length / size);
  return Array.from({ length: count }, (_, index) => part.subarray(index * size, (index + 1) * size));
}

function addLongNames(packets: Packets, ids: readonly number[], rows: readonly RecordRow[]): void {
  packets.addRows(
    'INSERT INTO long_name VALUES ',
    rows.flatMap(({ name }, index) => (name === undefined ? [] : [`(${ids[index]},${hex(name)})`])),
  );
}
