import { bytesOf, numberOf, type Session } from './connection.ts';
import { Packets } from './packets.ts';
import { addTexts } from './text-rows.ts';
import { type ReadTexts, STRIPE, unpackTexts } from './texts.ts';
import { nextToken } from './transaction-token.ts';

/**
 * For so long nothing is touched, in milliseconds: a writer whose COMMIT had no answer looks for its token among the texts,
 * also one of another server, and has given up long before.
 */
const SETTLED = 300_000;
/** Of more chunks than these a stripe is made anew. */
const FEW = 8;
/** Bytes of unpacked texts of a stripe, beyond which its chunks are large enough by themselves. */
const LARGE = 4_194_304;
/** Stripes that are looked at, and made anew, in one step. */
const LOOKED_AT = 256;
const MADE_ANEW = 2;

/** The property that tells below which stripe all is done. */
const DONE = 'texts_merged';

/** A record on its way into a larger chunk. */
interface Kept {
  readonly id: number;
  readonly texts: ReadTexts;
}

/**
 * Puts the texts of records that came one by one into chunks of up to a stripe: alone the text of a record of 800 bytes takes
 * 420 bytes, among others 115, and a page reads its stripe's one row in place of 256.
 */
export class TextMerging {
  readonly #settled: number;
  /** The stripe of the next id, and when it was seen to be so. */
  #seen: { readonly stripe: number; readonly at: number } | undefined;
  /** Stripes below this one are settled; */
  #until = 0;
  /** and those below this one are done. */
  #done = 0;

  /** `settled`: for how long nothing is touched, in milliseconds. */
  constructor(settled = SETTLED) {
    this.#settled = settled;
  }

  /** Whether a step would ask the server anything. */
  get isDue(): boolean {
    const isTime = this.#seen === undefined || performance.now() - this.#seen.at >= this.#settled;
    return isTime || this.#done < this.#until;
  }

  /** One step, in a transaction; true while there is more. */
  async step(session: Session): Promise<boolean> {
    await this.#look(session);
    if (this.#done >= this.#until) return false;
    const from = this.#done;
    const end = Math.min(from + LOOKED_AT, this.#until);
    const found = await inManyChunks(session, from, end);
    const last = found.length === MADE_ANEW ? found.at(-1) : undefined;
    const next = last === undefined ? await this.#nextFrom(session, end) : last + 1;
    await mergeAll(session, found, next);
    this.#done = next;
    return next < this.#until;
  }

  /** Notes now and then how far ids have come; what was noted a while ago is settled. */
  async #look(session: Session): Promise<void> {
    const now = performance.now();
    if (this.#seen !== undefined && now - this.#seen.at < this.#settled) return;
    if (this.#seen === undefined) this.#done = await property(session, DONE);
    else this.#until = this.#seen.stripe;
    this.#seen = { stripe: Math.floor(((await property(session, 'last_id')) + 1) / STRIPE), at: now };
  }

  /** Ids may be far apart. */
  async #nextFrom(session: Session, stripe: number): Promise<number> {
    const [row] = await session.rows(`SELECT MIN(stripe) FROM record_text WHERE stripe >= ${stripe}`);
    const next = row?.[0] ?? null;
    return next === null ? this.#until : Math.min(numberOf(next), this.#until);
  }
}

async function property(session: Session, name: string): Promise<number> {
  const [row] = await session.rows(`SELECT value FROM property WHERE name = '${name}'`);
  return row === undefined ? 0 : numberOf(row[0]);
}

async function inManyChunks(session: Session, from: number, end: number): Promise<number[]> {
  const rows = await session.rows(
    `SELECT stripe FROM record_text WHERE stripe >= ${from} AND stripe < ${end} GROUP BY stripe
     HAVING COUNT(*) > ${FEW} AND MAX(piece) = 0 AND SUM(size) <= ${LARGE} ORDER BY stripe LIMIT ${MADE_ANEW}`,
  );
  return rows.map(([stripe]) => numberOf(stripe));
}

/** Makes stripes anew, and notes that all below `next` is done. */
async function mergeAll(session: Session, stripes: readonly number[], next: number): Promise<void> {
  await session.run('START TRANSACTION');
  const packets = new Packets(Math.min(session.maxPacket, 1_048_576));
  for (const stripe of stripes) {
    const kept = await keptIn(session, stripe);
    if (kept === undefined) continue;
    packets.add(`DELETE FROM record_text WHERE stripe = ${stripe}`);
    const ids = kept.map(({ id }) => id);
    const texts = kept.map((each) => each.texts);
    addTexts(packets, ids, texts, nextToken(), session.maxPacket);
  }
  packets.add(`REPLACE INTO property VALUES ('${DONE}', ${next})`);
  for (const packet of packets.done('COMMIT')) await session.run(packet);
}

/** Undefined for a stripe with something damaged: readers tell of it, and it stays as it is. */
async function keptIn(session: Session, stripe: number): Promise<Kept[] | undefined> {
  const rows = await session.rows(
    `SELECT first_id, last_id, part FROM record_text WHERE stripe = ${stripe} ORDER BY first_id FOR UPDATE`,
  );
  const kept: Kept[] = [];
  for (const [first, last, part] of rows) {
    const [firstId, lastId] = [numberOf(first), numberOf(last)];
    const texts = unpacked(bytesOf(part ?? null));
    const isWhole = texts?.length === lastId - firstId + 1 && firstId > (kept.at(-1)?.id ?? -1);
    if (!isWhole) return undefined;
    kept.push(...texts.map((each, index) => ({ id: firstId + index, texts: each })));
  }
  return kept;
}

function unpacked(part: Buffer): ReadTexts[] | undefined {
  try {
    return unpackTexts(part);
  } catch {
    return undefined;
  }
}
