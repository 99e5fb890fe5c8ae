import { createRequire } from 'node:module';

/** What is used of chdb's sessions. A session does one thing at a time; several on one folder work side by side. */
export interface ChdbSession {
  /** Rejects with an Error whose message is ClickHouse's own: `Code: 62. DB::Exception: …`. */
  queryAsync(sql: string, options: { readonly format: string }): Promise<{ bytes(): Uint8Array }>;
}

interface Chdb {
  readonly Session: new (folder: string) => ChdbSession;
}

/**
 * Loads chdb, which is no dependency: it weighs 543 MB, and only those who keep records in chdb have it. Found beside this
 * package or where NODE_PATH points. Throws an Error that says how to install it.
 */
export function loadChdb(): Chdb {
  const require = createRequire(import.meta.url);
  try {
    return require('chdb');
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND';
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Error(
      isAbsent
        ? 'chdb is not installed; it is an optional package of 543 MB: npm install chdb@3'
        : `chdb cannot be loaded: ${reason}`,
      { cause: error },
    );
  }
}
