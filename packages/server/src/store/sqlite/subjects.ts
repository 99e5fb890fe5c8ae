import { join } from 'node:path';
import type { Subject } from '../contract.ts';
import { type SealingSizes, USUAL_SIZES } from './blocks/sealing.ts';
import { SqliteEngine } from './engine.ts';
import { failStatements } from './statements.ts';
import { temporaryFolder } from './temporary.ts';
import { SqliteWriter } from './writer.ts';

/** An engine that makes blocks of a few records. */
class HastyEngine extends SqliteEngine {
  readonly #file: string;
  readonly #sizes: SealingSizes;

  constructor(file: string, sizes: SealingSizes) {
    super(file, 'sqlite:///test');
    this.#file = file;
    this.#sizes = sizes;
  }

  override openWriter(): SqliteWriter {
    return new SqliteWriter(this.#file, this.#sizes);
  }
}

async function subject(sizes: SealingSizes): Promise<Subject> {
  const folder = await temporaryFolder();
  return {
    engine: new HastyEngine(join(folder.path, 'store.sqlite'), sizes),
    fail: failStatements,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** Stores that are held to the contract, by name. */
export const SUBJECTS: readonly (readonly [name: string, open: () => Promise<Subject>])[] = [
  ['SQLite', () => subject(USUAL_SIZES)],
  ['SQLite with small blocks', () => subject({ large: 9, enough: 12, block: 7 })],
  ['SQLite with many blocks to merge', () => subject({ large: 2, enough: 5, block: 24 })],
];
