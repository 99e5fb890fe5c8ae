import type { LogRecord } from '@chronologer/record';
import type { Written } from '../record-writer.ts';
import { bytesOf, numberOf, type Session, textOf } from './connection.ts';
import { type ReadTexts, STRIPE, unpackTexts } from './texts.ts';

/** A row of `record`, and the chunk with its exact texts; a record of 0.4.5 has none, and its column is exact. */
export interface Located {
  readonly head: Omit<LogRecord, 'logrec'> & { readonly id: number };
  readonly chunk?: ChunkPlace;
}

interface ChunkPlace {
  readonly firstId: number;
  readonly lastId: number;
  /** Bytes of its texts, unpacked. */
  readonly size: number;
}

/** What records are written to. */
interface Sink {
  readonly full: boolean;
  /** Bytes that are missing until it is full. */
  readonly room: number;
  add(record: Written): void;
}

/** Records without a chunk that are read at a time, and what one of them may take. */
const COLUMNS_AT_ONCE = 64;
const COLUMN_BYTES = 4096;

/** Joins rows with their exact texts, and reads no more of these than fit the page. */
export class ExactRecords {
  readonly #session: Session;
  readonly #onDamage: (message: string) => void;

  constructor(session: Session, onDamage: (message: string) => void) {
    this.#session = session;
    this.#onDamage = onDamage;
  }

  /** Writes rows until the page is full; how many were looked at. What is damaged is told and left out. */
  async write(rows: readonly Located[], writer: Sink): Promise<number> {
    let looked = 0;
    while (looked < rows.length && !writer.full) {
      const portion = portionOf(rows, looked, writer.room);
      const texts = await this.#texts(portion);
      for (const { head } of portion) {
        if (writer.full) return looked;
        looked++;
        const found = texts.get(head.id);
        if (found === undefined) continue;
        const { logrec, name = head.name, message = head.message } = found;
        writer.add({ ...head, name, message, logrec });
      }
    }
    return looked;
  }

  async #texts(rows: readonly Located[]): Promise<ReadonlyMap<number, ReadTexts>> {
    const texts = new Map<number, ReadTexts>();
    const without = rows.filter(({ chunk }) => chunk === undefined).map(({ head }) => head.id);
    if (without.length > 0) await this.#readColumns(without, texts);
    const chunks = new Map(
      rows.flatMap(({ chunk }) => (chunk === undefined ? [] : [[chunk.firstId, chunk]])),
    );
    if (chunks.size > 0) await this.#readChunks([...chunks.values()], texts);
    return texts;
  }

  async #readColumns(ids: readonly number[], texts: Map<number, ReadTexts>): Promise<void> {
    const rows = await this.#session.rows(
      `SELECT record_id, logrec FROM record WHERE record_id IN (${ids.join(', ')})`,
    );
    for (const [id, logrec] of rows) {
      const text = logrec === null ? '{}' : textOf(logrec);
      texts.set(numberOf(id), { logrec: Buffer.from(text), name: undefined, message: undefined });
    }
  }

  async #readChunks(chunks: readonly ChunkPlace[], texts: Map<number, ReadTexts>): Promise<void> {
    const keys = chunks.map(({ firstId }) => `(${Math.floor(firstId / STRIPE)}, ${firstId})`);
    const rows = await this.#session.rows(
      `SELECT first_id, part FROM record_text WHERE (stripe, first_id) IN (${keys.join(', ')})
       ORDER BY stripe, first_id, piece`,
    );
    const pieces = Map.groupBy(rows, ([firstId]) => numberOf(firstId));
    for (const { firstId, lastId } of chunks) {
      try {
        const part = Buffer.concat((pieces.get(firstId) ?? []).map(([, piece]) => bytesOf(piece)));
        unpackTexts(part).forEach((found, index) => {
          texts.set(firstId + index, found);
        });
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        this.#onDamage(
          `The records ${firstId} to ${lastId} are left out, for their texts are damaged: ${why}`,
        );
      }
    }
  }
}

/** The rows from `start` on whose texts probably fill `room`. */
function portionOf(rows: readonly Located[], start: number, room: number): readonly Located[] {
  let size = 0;
  let columns = 0;
  let end = start;
  for (; end < rows.length && size < room && columns < COLUMNS_AT_ONCE; end++) {
    const chunk = rows[end]?.chunk;
    if (chunk === undefined) {
      columns++;
      size += COLUMN_BYTES;
    } else size += chunk.size / (chunk.lastId - chunk.firstId + 1) + 1;
  }
  return rows.slice(start, end);
}
