/**
 * Why a store could not do it. `query`: the client's expression is wrong. `timeout`: it took too long. `busy`: too much
 * is waiting. `unavailable`: the store itself, for now (full disk, read-only, locked, damaged).
 */
export type StoreFault = 'query' | 'timeout' | 'busy' | 'unavailable';

/** A fault of the store, with a message that may be shown to a client: no SQL, no path. */
export class StoreError extends Error {
  readonly fault: StoreFault;

  constructor(fault: StoreFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.fault = fault;
  }
}

/** The schema is missing, old or from the future; the message says what to do. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
}
