import { setTimeout as sleep } from 'node:timers/promises';
import type { Kind } from '../servers/kinds.ts';
import { residentBytes } from '../servers/proc.ts';
import { benchFolder, removeFolder, startServer } from '../servers/process.ts';
import { alternate } from './alternate.ts';
import { Rows } from './row.ts';
import { countRecords } from './timed-request.ts';

/** Starts each side on an empty folder `rounds` times; idle memory is taken two seconds after a first question. */
export async function measureStart(
  kinds: readonly Kind[],
  rounds: number,
  say: (line: string) => void,
): Promise<Rows> {
  const rows = new Rows();
  await alternate(kinds, rounds, async (kind, round) => {
    say(`start, round ${round + 1}, ${kind.side}`);
    const folder = await benchFolder(kind.side);
    const fresh = await startServer(kind, folder);
    await fresh.stop();
    const again = await startServer(kind, folder);
    await countRecords(again.port);
    await sleep(2000);
    rows.add(kind.side, 'start', 'new store', 'ms', fresh.startMilliseconds);
    rows.add(kind.side, 'start', 'existing store', 'ms', again.startMilliseconds);
    rows.add(kind.side, 'start', 'RSS idle', 'MB', (await residentBytes(again.pid)) / 1e6);
    await again.stop();
    await removeFolder(folder);
  });
  return rows;
}
