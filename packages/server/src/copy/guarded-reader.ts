import type {
  Engine,
  Filter,
  IdRange,
  Portion,
  PortionLimits,
  StoreReader,
  Stretch,
} from '../store/store.ts';
import { guarded, type Role } from './copy-error.ts';

/** A reader whose faults say which of the stores it reads. */
export class GuardedReader {
  readonly #role: Role;
  readonly #engine: Engine;
  #reader: StoreReader | undefined;

  constructor(role: Role, engine: Engine) {
    this.#role = role;
    this.#engine = engine;
  }

  ids(): Promise<IdRange | undefined> {
    return this.#do((reader) => reader.ids());
  }

  count(filter: Filter): Promise<number> {
    return this.#do((reader) => reader.count(filter));
  }

  upwards(stretch: Stretch, limits: PortionLimits): Promise<Portion> {
    return this.#do((reader) => reader.upwards(stretch, limits));
  }

  takeWarnings(): readonly string[] {
    return this.#reader?.takeWarnings() ?? [];
  }

  /** The next call opens it again. */
  async close(): Promise<void> {
    await this.#reader?.close();
    this.#reader = undefined;
  }

  #do<T>(work: (reader: StoreReader) => T | Promise<T>): Promise<T> {
    return guarded(this.#role, this.#engine, async () => {
      this.#reader ??= await this.#engine.openReader();
      return await work(this.#reader);
    });
  }
}
