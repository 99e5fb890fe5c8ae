import { Copy, type CopyResult, type Ends } from '../copy/copy.ts';
import { CopyError } from '../copy/copy-error.ts';
import { isSameStore, readySource, readyTarget } from '../copy/ready.ts';
import { openEngine } from '../store/engines.ts';
import { type OwnMigration, readOwnMigrations } from '../store/own-migrations.ts';
import type { Engine } from '../store/store.ts';
import { SchemaError } from '../store/store-error.ts';
import type { CopyArguments } from './arguments.ts';
import { CommandError } from './command-error.ts';
import { Progress } from './progress.ts';
import { duration, Rate } from './rate.ts';

/** Ctrl+C under npm comes twice, from the terminal and from npm: a repetition so soon, in milliseconds, is no haste. */
const SAME_SIGNAL = 1000;

/**
 * Copies records from one store to another; what became of it goes to standard output. True when both sides hold the same
 * and nothing was left out. Rejects with a CommandError.
 */
export async function copyCommand(
  { from, to, ...times }: CopyArguments,
  env: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  const ends = { source: engineOf('FROM_DSN', from, env), target: engineOf('TO_DSN', to, env) };
  const progress = new Progress({ lines: true });
  const say = (line: string) => {
    progress.clear();
    process.stderr.write(`${line}\n`);
  };
  using signals = new Signals(() => say('Ending; the same signal again ends it at once'));
  try {
    if (await isSameStore(ends.source, ends.target))
      throw new CopyError('Source and target are the same store');
    const own = ownMigrations(env.CHRONOLOGER_MIGRATIONS);
    await readySource(ends.source, say);
    await readyTarget(ends.target, say, own);
    let damaged = 0;
    const rate = new Rate();
    const result = await new Copy(ends, times, {
      progress: (what, done, of) => {
        rate.at(what, done);
        progress.showLine(() => rate.line(what, done, of), done >= of);
        return !signals.came;
      },
      damage: (what) => {
        damaged++;
        say(`warning: ${what}`);
      },
    }).run();
    progress.clear();
    if (result.isStopped) throw new CommandError(stoppedText(result));
    process.stdout.write(summary(ends, result, damaged));
    return result.comparison.differing === 0 && damaged === 0;
  } catch (error) {
    progress.clear();
    if (error instanceof CopyError) throw new CommandError(error.message, { cause: error });
    throw error;
  } finally {
    await ends.source.stop?.();
    await ends.target.stop?.();
  }
}

/** A target that is made gets them, as its server would insist on them. */
function ownMigrations(folder: string | undefined): readonly OwnMigration[] {
  try {
    return readOwnMigrations(folder === '' ? undefined : folder);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    throw new CommandError(error.message, { cause: error });
  }
}

/** The engine of a data source name or of the variable that has it. */
function engineOf(what: string, text: string, env: Readonly<Record<string, string | undefined>>): Engine {
  const isVariable = /^[a-z_]\w*$/i.test(text);
  const dsn = isVariable ? env[text] : text;
  if (dsn === undefined) throw new CommandError(`${what}: there is no environment variable ${text}`);
  try {
    return openEngine(dsn);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const where = isVariable ? `${what}, ${text},` : what;
    throw new CommandError(`${where} cannot be read: ${reason}`, { cause: error });
  }
}

/** SIGINT and SIGTERM end a copy behind the portion that is under way; a second one ends it at once, which is as safe. */
class Signals {
  readonly #onFirst: () => void;
  #first: number | undefined;

  constructor(onFirst: () => void) {
    this.#onFirst = onFirst;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, this.#onSignal);
  }

  get came(): boolean {
    return this.#first !== undefined;
  }

  readonly #onSignal = () => {
    if (this.#first === undefined) {
      this.#first = performance.now();
      this.#onFirst();
    } else if (performance.now() - this.#first > SAME_SIGNAL) process.exit(1);
  };

  [Symbol.dispose](): void {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, this.#onSignal);
  }
}

function stoppedText({ copied }: CopyResult): string {
  if (copied === 0) return 'Stopped before anything was written';
  return `Stopped. Copied until then: ${records(copied)}; the same command goes on behind them`;
}

function summary(ends: Ends, result: CopyResult, damaged: number): string {
  const { ids, comparison, copied, seconds, hasMore } = result;
  const { source, target, differing } = comparison;
  if (ids === undefined) return 'Nothing to do: the source has no records\n';
  const there = source.count - copied;
  const took = `in ${duration(seconds)} (${Math.round(copied / seconds)} a second)`;
  const done =
    copied > 0
      ? `Copied ${records(copied)} ${took}${there > 0 ? `, behind ${records(there)} already there` : ''}`
      : `Nothing to do, with ${records(there)} already there`;
  const same = differing === 0;
  const outcome = same
    ? 'both sides hold the same'
    : `THE SIDES DIFFER in ${records(differing)}: ${comparison.told()}`;
  return [
    `Of the ids ${ids.from} to ${ids.to}:`,
    `  ${ends.source.description}: ${records(source.count)}, SHA-256 ${source.sha256}`,
    `  ${ends.target.description}: ${records(target.count)}, SHA-256 ${target.sha256}`,
    ...(damaged > 0
      ? ['Damaged records were left out, see the warnings: "chronologer check" may save some']
      : []),
    ...(hasMore ? ['Since it began records came to the source: the same command copies them too'] : []),
    `${done}; ${outcome}`,
    '',
  ].join('\n');
}

function records(count: number): string {
  return `${count} record${count === 1 ? '' : 's'}`;
}
