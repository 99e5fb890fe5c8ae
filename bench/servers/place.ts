import { join } from 'node:path';
import { folderBytes } from './proc.ts';

/** Where a server that is measured keeps its records. */
export interface StorePlace {
  /** Of the store. */
  readonly dsn: string;
  /** What the server's process needs beside it. */
  readonly environment?: NodeJS.ProcessEnv;
  /** What the records take, in bytes, as the engine itself has it. */
  bytes(): Promise<number>;
  /** It is weighed while the server runs, and not after it has written what it had in memory. */
  readonly weighedRunning: boolean;
  /** Longer than a transaction of the records of a load takes, in milliseconds. */
  readonly longestCommit: number;
  /** CPU seconds that the engine has used outside of the server's process; undefined where there is no such. */
  engineCpu?(): Promise<number | undefined>;
  /** Removes what is not in the folder of the server. */
  remove(): Promise<void>;
}

/** Makes a new and empty place, in a folder for a server if it needs one. */
export type MakePlace = (folder: string) => Promise<StorePlace>;

/** Where a server whose place is a folder has it. */
export const storeFolder = (folder: string): string => join(folder, 'store');

/** The store of this project in a file. */
export async function sqlitePlace(folder: string): Promise<StorePlace> {
  const store = storeFolder(folder);
  return {
    dsn: `sqlite:///${join(store, 'chronologer.sqlite')}`,
    bytes: () => folderBytes(store),
    weighedRunning: false,
    longestCommit: 250,
    remove: async () => undefined,
  };
}
