import { temporaryFolder } from '../../sqlite/temporary.ts';
import type { ServerAddress } from '../address.ts';
import { ChdbHost } from '../chdb/host.ts';

/** What stands in for a ClickHouse server: chdb behind the same HTTP interface, with a user and a password. */
export interface StandIn extends AsyncDisposable {
  /** Another one when it was started anew. */
  readonly address: ServerAddress;
  readonly pid: number | undefined;
}

/** Starts one on a folder of its own and a free port. */
export async function startStandIn(): Promise<StandIn> {
  const folder = await temporaryFolder();
  const credentials = { user: 'writer', password: 'p@ss/word:1' };
  const host = new ChdbHost({ folder: folder.path, credentials }, () => undefined);
  await host.start();
  return {
    get address() {
      const url = `http://127.0.0.1:${host.port}`;
      return { scheme: 'clickhouse', url, ...credentials, database: 'logs' } as const;
    },
    get pid() {
      return host.pid;
    },
    async [Symbol.asyncDispose]() {
      await host.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}
