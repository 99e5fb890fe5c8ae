import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { parseTimestamp } from '@chronologer/record';
import { MAX_ITERATIONS } from '../auth/password.ts';
import type { Environment } from '../settings.ts';
import { type Command, USAGE } from './usage.ts';

/** Options of `serve`. */
export interface ServeArguments {
  readonly daemonise: boolean;
  readonly migrate: boolean;
  readonly pidFile?: string;
  readonly user?: string;
  readonly group?: string;
}

/** Options of `hash-password`. */
export interface HashPasswordArguments {
  readonly username: string;
  readonly roles: readonly string[];
  readonly iterations: number;
}

/** What `copy` is to do. Times are microseconds since 1970, both inclusive. */
export interface CopyArguments {
  /** Data source names, or names of environment variables that have them. */
  readonly from: string;
  readonly to: string;
  readonly after?: number;
  readonly before?: number;
}

/** Where settings come from, as the command line has it. */
export interface SettingsArguments {
  readonly environment: Environment;
  readonly config?: string;
}

/** What `migrate` does: apply what is outstanding, or only show the SQL of all or what was applied. */
export type MigrateMode = 'apply' | 'print' | 'status';

/** What a command line asks for. */
export type Invocation =
  | { readonly command: 'help'; readonly topic: Command | 'chronologer' }
  | { readonly command: 'version' }
  | { readonly command: 'serve'; readonly from: SettingsArguments; readonly options: ServeArguments }
  | { readonly command: 'migrate'; readonly from: SettingsArguments; readonly mode: MigrateMode }
  | { readonly command: 'check'; readonly from: SettingsArguments; readonly repair: boolean }
  | { readonly command: 'copy'; readonly options: CopyArguments }
  | { readonly command: 'stats'; readonly from: SettingsArguments; readonly json: boolean }
  | { readonly command: 'hash-password'; readonly options: HashPasswordArguments };

/** A command line that cannot be understood; the message tells usage and reason. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor(topic: Command | 'chronologer', reason: string) {
    const command = topic === 'chronologer' ? topic : `chronologer ${topic}`;
    super(`${USAGE[topic]}${command}: error: ${reason}`);
  }
}

const COMMANDS = [
  'serve',
  'migrate',
  'check',
  'copy',
  'stats',
  'hash-password',
] as const satisfies readonly Command[];
const ENVIRONMENTS = ['development', 'production'] as const satisfies readonly Environment[];
const HELP_OPTION = { help: { type: 'boolean', short: 'h' } } as const;
const GLOBAL_OPTIONS = {
  ...HELP_OPTION,
  version: { type: 'boolean' },
  config: { type: 'string', short: 'c' },
  environment: { type: 'string', short: 'e' },
} as const;
const SERVE_OPTIONS = {
  ...HELP_OPTION,
  daemonise: { type: 'boolean', short: 'd' },
  daemonize: { type: 'boolean' },
  pidfile: { type: 'string', short: 'p' },
  user: { type: 'string', short: 'u' },
  group: { type: 'string', short: 'g' },
  migrate: { type: 'boolean', short: 'm' },
} as const;
const CHECK_OPTIONS = { ...HELP_OPTION, repair: { type: 'boolean' } } as const;
const COPY_OPTIONS = { ...HELP_OPTION, after: { type: 'string' }, before: { type: 'string' } } as const;
const STATS_OPTIONS = { ...HELP_OPTION, json: { type: 'boolean' } } as const;
const MIGRATE_OPTIONS = { ...HELP_OPTION, print: { type: 'boolean' }, status: { type: 'boolean' } } as const;
const HASH_PASSWORD_OPTIONS = {
  ...HELP_OPTION,
  username: { type: 'string', default: 'logger' },
  roles: { type: 'string', default: 'basic-reader writer' },
  iterations: { type: 'string', default: '600000' },
} as const;

/** Understands a command line, without the program's own name. Throws a UsageError. */
export function parseArguments(args: readonly string[]): Invocation {
  const { before, name, after } = split(args);
  const { help, version, config, environment = 'development' } = read('chronologer', before, GLOBAL_OPTIONS);
  if (help) return { command: 'help', topic: 'chronologer' };
  if (version) return { command: 'version' };
  const known = ENVIRONMENTS.find((each) => each === environment);
  if (known === undefined)
    throw new UsageError('chronologer', `-e takes ${ENVIRONMENTS.join(' or ')}, not '${environment}'`);
  const command = COMMANDS.find((each) => each === name);
  if (command === undefined) {
    const reason = name === undefined ? 'a command is missing' : `'${name}' is no command`;
    throw new UsageError('chronologer', `${reason}; there are ${COMMANDS.join(', ')}`);
  }
  return parseCommand(command, after, { environment: known, ...(config !== undefined && { config }) });
}

function parseCommand(command: Command, args: string[], from: SettingsArguments): Invocation {
  if (command === 'hash-password') return parseHashPassword(args);
  if (command === 'migrate') return parseMigrate(args, from);
  if (command === 'check') {
    const { help, repair = false } = read(command, args, CHECK_OPTIONS);
    return help ? { command: 'help', topic: command } : { command, from, repair };
  }
  if (command === 'stats') {
    const { help, json = false } = read(command, args, STATS_OPTIONS);
    return help ? { command: 'help', topic: command } : { command, from, json };
  }
  if (command === 'copy') return parseCopy(args);
  const found = read(command, args, SERVE_OPTIONS);
  if (found.help) return { command: 'help', topic: command };
  const options = {
    daemonise: found.daemonise ?? found.daemonize ?? false,
    migrate: found.migrate ?? false,
    ...(found.pidfile !== undefined && { pidFile: found.pidfile }),
    ...(found.user !== undefined && { user: found.user }),
    ...(found.group !== undefined && { group: found.group }),
  };
  return { command, from, options };
}

function parseMigrate(args: string[], from: SettingsArguments): Invocation {
  const command = 'migrate';
  const { help, print, status } = read(command, args, MIGRATE_OPTIONS);
  if (help) return { command: 'help', topic: command };
  if (print && status) throw new UsageError(command, '--print and --status are two different things');
  return { command, from, mode: print ? 'print' : status ? 'status' : 'apply' };
}

function parseCopy(args: string[]): Invocation {
  const command = 'copy';
  const { values, positionals } = readWithWords(command, args, COPY_OPTIONS, true);
  if (values.help) return { command: 'help', topic: command };
  const [from, to, ...others] = positionals;
  if (from === undefined || to === undefined)
    throw new UsageError(
      command,
      'FROM_DSN and TO_DSN are due: the store to copy from and the one to copy to',
    );
  if (others.length > 0)
    throw new UsageError(command, `there are ${positionals.length} stores instead of two`);
  const [after, before] = [readTime('after', values.after), readTime('before', values.before)];
  if (after !== undefined && before !== undefined && after > before)
    throw new UsageError(command, '--after is later than --before: no record is of such a time');
  return {
    command,
    options: { from, to, ...(after !== undefined && { after }), ...(before !== undefined && { before }) },
  };
}

/** A time as the HTTP API takes it, in microseconds since 1970. */
function readTime(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ts = parseTimestamp(text);
  if (ts === undefined)
    throw new UsageError('copy', `--${name} takes a time such as 2026-11-21T05:40:06Z, not '${text}'`);
  return ts;
}

function parseHashPassword(args: string[]): Invocation {
  const command = 'hash-password';
  const { help, username, roles, iterations: text } = read(command, args, HASH_PASSWORD_OPTIONS);
  if (help) return { command: 'help', topic: command };
  if (username === '' || username.includes(':'))
    throw new UsageError(command, '--username takes a name without a colon');
  const iterations = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(iterations >= 1 && iterations <= MAX_ITERATIONS))
    throw new UsageError(command, `--iterations takes an integer from 1 to ${MAX_ITERATIONS}`);
  return {
    command,
    options: { username, roles: roles.split(/\s+/).filter((role) => role !== ''), iterations },
  };
}

/** The command is the first word that is neither an option nor an option's value; what follows is its own. */
function split(args: readonly string[]): { before: string[]; name: string | undefined; after: string[] } {
  const { tokens } = parseArgs({ args: [...args], options: GLOBAL_OPTIONS, strict: false, tokens: true });
  const index = tokens.find(({ kind }) => kind === 'positional')?.index ?? args.length;
  return { before: args.slice(0, index), name: args[index], after: args.slice(index + 1) };
}

function read<T extends ParseArgsOptionsConfig>(topic: Command | 'chronologer', args: string[], options: T) {
  return readWithWords(topic, args, options, false).values;
}

function readWithWords<T extends ParseArgsOptionsConfig>(
  topic: Command | 'chronologer',
  args: string[],
  options: T,
  allowPositionals: boolean,
) {
  try {
    const { values, positionals } = parseArgs({ args, options, strict: true, allowPositionals });
    const empty = Object.entries(values).find(
      ([name, value]) => value === '' && ['config', 'pidfile', 'user', 'group'].includes(name),
    );
    if (empty !== undefined) throw new Error(`--${empty[0]} takes a value that is not empty`);
    return { values, positionals };
  } catch (error) {
    // The rest of Node's messages is advice to people who write command lines of their own.
    const [reason] = (error instanceof Error ? error.message : String(error)).split(/\.\s|\n/);
    throw new UsageError(topic, reason ?? '');
  }
}
