import { SchemaError, StoreError } from '../store/store-error.ts';
import { CommandError } from './command-error.ts';

/** Runs `work` on a store; what the store says against it becomes a CommandError that begins with `what`. */
export async function opening<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StoreError || error instanceof SchemaError || error instanceof CommandError))
      throw error;
    throw new CommandError(`${what}: ${error.message}`, { cause: error });
  }
}
