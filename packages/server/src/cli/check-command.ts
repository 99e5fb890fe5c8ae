import type { Settings } from '../settings.ts';
import { openEngine } from '../store/engines.ts';
import type { CheckListener, Finding, IdRange } from '../store/store.ts';
import { CommandError } from './command-error.ts';
import { opening } from './opening.ts';
import { Progress } from './progress.ts';

/** Ranges of ids that are told of one finding at most. */
const MOST_RANGES = 20;

/**
 * Looks the store through, and repairs it if asked to; findings go to standard output. True when it is sound. Rejects with
 * a CommandError.
 */
export async function checkCommand(
  settings: Settings,
  { repair }: { readonly repair: boolean },
): Promise<boolean> {
  const engine = openEngine(settings.storageDsn);
  const progress = new Progress();
  let found = 0;
  const say = (line: string) => {
    progress.clear();
    process.stdout.write(`${line}\n`);
  };
  const listener: CheckListener = {
    found: (finding) => {
      found++;
      for (const line of linesOf(finding)) say(line);
    },
    progress: (what, done, of) => progress.show(what, done, of),
    told: say,
  };
  const { sound, blocks, records } = await opening('The store cannot be checked', () => {
    if (engine.check === undefined) throw new CommandError('this kind of store has no check of its own');
    return engine.check(listener, { repair });
  });
  progress.clear();
  const seen = `${count(records, 'record')}, ${count(blocks, 'block')}`;
  if (sound) say(`${engine.description} is sound: ${seen}`);
  else {
    say(`${engine.description} is not sound: ${count(found, 'finding')}; ${seen}`);
    if (!repair)
      say('To repair it: stop the server, make a copy of the database, run "chronologer check --repair"');
  }
  return sound;
}

function linesOf({ what, lost, repair }: Finding): string[] {
  return [
    what,
    ...(lost.length > 0 ? [`  costs the records ${rangesText(lost)}`] : []),
    `  repair: ${repair ?? 'none'}`,
  ];
}

function rangesText(ranges: readonly IdRange[]): string {
  const told = ranges
    .slice(0, MOST_RANGES)
    .map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`));
  const rest = ranges.length - told.length;
  return rest > 0 ? `${told.join(', ')} and ${count(rest, 'further range')}` : told.join(', ');
}

function count(number: number, of: string): string {
  return `${number} ${of}${number === 1 ? '' : 's'}`;
}
