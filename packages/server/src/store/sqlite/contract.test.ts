import { join } from 'node:path';
import { testContract } from '../contract.ts';
import { SqliteEngine } from './engine.ts';
import type { Costs } from './pages.ts';
import { SqliteReader } from './reader.ts';
import { temporaryFolder } from './temporary.ts';

/** An engine whose readers take the ways of a large table with a few records. */
class EagerEngine extends SqliteEngine {
  readonly #file: string;
  readonly #costs: Costs;

  constructor(file: string, costs: Costs) {
    super(file, 'sqlite:///test');
    this.#file = file;
    this.#costs = costs;
  }

  override openReader(): SqliteReader {
    return new SqliteReader(this.#file, this.#costs);
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

testContract('SQLite by its indexes', async () => {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'store.sqlite');
  return {
    engine: new EagerEngine(file, { longWalk: 2, manyKeys: 20, manyIds: 2000 }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});
