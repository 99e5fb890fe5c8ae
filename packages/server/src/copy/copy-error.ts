import type { Engine } from '../store/store.ts';
import { SchemaError, StoreError } from '../store/store-error.ts';

/** Why records cannot be copied; the message says which of the stores it is about. */
export class CopyError extends Error {
  override readonly name = 'CopyError';
}

export type Role = 'source' | 'target';

/** Runs `work` on one of the stores; what the store or the system says against it becomes a CopyError. */
export async function guarded<T>(role: Role, engine: Engine, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StoreError || error instanceof SchemaError || isOfSystem(error))) throw error;
    throw new CopyError(`The ${role}, ${engine.description}: ${error.message}`, { cause: error });
  }
}

/** Such as a folder that cannot be made. */
function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}
