/**
 * Why a store could not do it. `query`: the client's expression is wrong. `timeout`: it took too long. `busy`: too much
 * is waiting. `unavailable`: the store itself, for now (full disk, read-only, locked, damaged). `refused`: something of
 * what was to be stored, for a reason that says nothing against the rest; nothing of the call is stored, nor will be.
 */
export type StoreFault = 'query' | 'timeout' | 'busy' | 'unavailable' | 'refused';

/** A fault of the store, with a message that may be shown to a client: no SQL, no path. */
export class StoreError extends Error {
  readonly fault: StoreFault;

  constructor(fault: StoreFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.fault = fault;
  }
}

/** A record cannot be stored under the id that it has. */
export function givenOut(id: number, last: number): StoreError {
  const reason = `it has given out the ids up to ${last}, and none is given twice`;
  return new StoreError('unavailable', `The store cannot take a record under the id ${id}: ${reason}`);
}

/** The schema is missing, old or from the future; the message says what to do. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
}
