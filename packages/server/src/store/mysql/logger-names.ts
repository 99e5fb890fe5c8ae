import { createHash } from 'node:crypto';
import { bytesOf, numberOf, type Session } from './connection.ts';
import { hex } from './literal.ts';

/** Names that are remembered; more than this many loggers are no loggers. */
const MOST = 50_000;
/** Names that one statement looks for. */
const AT_ONCE = 500;

/** The ids of loggers' names, remembered by one writer. */
export class LoggerNames {
  readonly #known = new Map<string, number>();
  /** Made by a transaction that is not committed yet. */
  #made = new Map<string, number>();

  /**
   * The id of each name, made where there is none. To be used inside a transaction that holds the row of last_id, so
   * that nobody else makes names meanwhile; then `committed` or `rolledBack` is to be called.
   */
  async idsOf(session: Session, names: Iterable<string>): Promise<ReadonlyMap<string, number>> {
    const ids = new Map<string, number>();
    const unknown: string[] = [];
    for (const name of names) {
      const id = this.#known.get(name);
      if (id === undefined) unknown.push(name);
      else ids.set(name, id);
    }
    for (let at = 0; at < unknown.length; at += AT_ONCE) {
      for (const [name, id] of await this.#look(session, unknown.slice(at, at + AT_ONCE))) {
        this.#made.set(name, id);
        ids.set(name, id);
      }
    }
    return ids;
  }

  /** The ids of names all of which are remembered; undefined where one is not. */
  known(names: Iterable<string>): ReadonlyMap<string, number> | undefined {
    const ids = new Map<string, number>();
    for (const name of names) {
      const id = this.#known.get(name);
      if (id === undefined) return undefined;
      ids.set(name, id);
    }
    return ids;
  }

  committed(): void {
    if (this.#known.size + this.#made.size > MOST) this.#known.clear();
    for (const [name, id] of this.#made) this.#known.set(name, id);
    this.#made.clear();
  }

  rolledBack(): void {
    this.#made.clear();
  }

  async #look(session: Session, names: readonly string[]): Promise<Map<string, number>> {
    const byHash = new Map(names.map((name) => [createHash('sha256').update(name).digest('hex'), name]));
    const found = await this.#find(session, byHash);
    const missing = [...byHash].filter(([, name]) => !found.has(name));
    if (missing.length === 0) return found;
    // One by one where they are long, so that no packet is too large.
    for (const rows of portions(missing.map(([hash, name]) => `(x'${hash}', ${hex(name)})`))) {
      await session.run(`INSERT INTO logger (hash, name) VALUES ${rows.join(', ')}`);
    }
    const made = await this.#find(session, new Map(missing));
    return new Map([...found, ...made]);
  }

  async #find(session: Session, byHash: ReadonlyMap<string, string>): Promise<Map<string, number>> {
    const hashes = [...byHash.keys()].map((hash) => `x'${hash}'`);
    const rows = await session.rows(`SELECT hash, name_id FROM logger WHERE hash IN (${hashes.join(', ')})`);
    return new Map(rows.map(([hash, id]) => [byHash.get(bytesOf(hash).toString('hex')) ?? '', numberOf(id)]));
  }
}

const PORTION = 65_536;

function* portions(rows: readonly string[]): Generator<string[]> {
  let portion: string[] = [];
  let size = 0;
  for (const row of rows) {
    if (portion.length > 0 && size + row.length > PORTION) {
      yield portion;
      portion = [];
      size = 0;
    }
    portion.push(row);
    size += row.length;
  }
  if (portion.length > 0) yield portion;
}
