import { join } from 'node:path';
import { testContract } from '../contract.ts';
import { SqliteEngine } from './engine.ts';
import { temporaryFolder } from './temporary.ts';
import { SqliteWriter } from './writer.ts';

/** An engine that makes blocks of a few records. */
class HastyEngine extends SqliteEngine {
  readonly #file: string;

  constructor(file: string) {
    super(file, 'sqlite:///test');
    this.#file = file;
  }

  override openWriter(): SqliteWriter {
    return new SqliteWriter(this.#file, { large: 9, enough: 12, block: 7 });
  }
}

testContract('SQLite', async () => {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'store.sqlite');
  return {
    engine: new SqliteEngine(file, 'sqlite:///test'),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});

testContract('SQLite with small blocks', async () => {
  const folder = await temporaryFolder();
  return {
    engine: new HastyEngine(join(folder.path, 'store.sqlite')),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});
