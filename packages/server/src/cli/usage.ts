import { VERSION } from '../version.ts';

export type Command = 'serve' | 'migrate' | 'check' | 'copy' | 'stats' | 'hash-password';

/** What `--version` prints. */
export const VERSION_LINE = `chronologer ${VERSION}\n`;

/** The first lines of a help text, alone when an option is wrong. */
export const USAGE: Readonly<Record<Command | 'chronologer', string>> = {
  chronologer:
    'usage: chronologer [-h] [--version] [-c FILE] [-e development|production]\n' +
    '                   {serve,migrate,check,copy,stats,hash-password} ...\n',
  serve: 'usage: chronologer serve [-h] [-d] [-p PIDFILE] [-u USER] [-g GROUP] [-m]\n',
  migrate: 'usage: chronologer migrate [-h] [--print | --status]\n',
  check: 'usage: chronologer check [-h] [--repair]\n',
  copy: 'usage: chronologer copy [-h] [--after TIME] [--before TIME] FROM_DSN TO_DSN\n',
  stats: 'usage: chronologer stats [-h] [--json]\n',
  'hash-password':
    'usage: chronologer hash-password [-h] [--username NAME] [--roles ROLES]\n' +
    '                                 [--iterations N]\n',
};

/** What `-h` prints. */
export const HELP: Readonly<Record<Command | 'chronologer', string>> = {
  chronologer: `${USAGE.chronologer}
An HTTP logging server.

commands:
  serve                 run the server
  migrate               make the store's schema, or bring it up to date
  check                 read all of the store and tell what is damaged, or repair it
  copy                  copy records from one store to another, of any kind
  stats                 print figures of the store: records, bytes, days, levels
  hash-password         print an entry for the file of users (CHRONOLOGER_AUTHFILE)

options:
  -h, --help            show this text, or after a command the command's own, and exit
  --version             show the version and exit
  -c, --config FILE     an ES module whose default export overrides settings by name
  -e, --environment development|production
                        development (the default) asks nobody who they are and
                        listens on loopback; production asks, compresses answers
                        and listens on all addresses

Settings are environment variables, CHRONOLOGER_…; none is needed.
`,
  serve: `${USAGE.serve}
Runs the server until SIGTERM or SIGINT.

options:
  -h, --help            show this text and exit
  -d, --daemonise       run in the background; return when the server is ready. Its
                        log goes nowhere: a service manager does this better
  -p, --pidfile FILE    write the process id to FILE while the server runs
  -u, --user USER       run as USER (name or number) once the port is bound
  -g, --group GROUP     run as GROUP (name or number); without it USER's own
  -m, --migrate         migrate first
`,
  migrate: `${USAGE.migrate}
Makes the store's schema, or brings it up to date. Safe to run twice, and from two
processes at once.

options:
  -h, --help            show this text and exit
  --print               only print the SQL of all migrations, built-in and your own;
                        the store is not opened
  --status              only tell which migrations were applied, and when
`,
  check: `${USAGE.check}
Reads everything in a store of SQLite and says what is wrong, which records it costs, and what
a repair would do. Works beside a running server. Exits with 0 when all is sound, with 1
when something is wrong.

options:
  -h, --help            show this text and exit
  --repair              repair what is found. The server has to be stopped. Make a copy
                        of the database first: what is damaged is removed
`,
  copy: `${USAGE.copy}
Copies records from one store to another, of any kind (sqlite, mysql, clickhouse, chdb), and
makes the target if it is not there, with the migrations that CHRONOLOGER_MIGRATIONS names.
A target with records of another version is refused and not touched. Records keep their ids, which clients may hold, so the
target must have none of its own among or above them: if it has, that is said and
nothing is written. The source is not changed, and may belong to a running server; the
target must not.

Broken off, by Ctrl+C or by kill -9, the same command goes on where it was: what is there is
compared with the source first. At the end both sides are read, and the number of their
records and a checksum over them is printed. Exits with 0 when both hold the same, with 1
when they differ, when it was ended, or when something damaged was left out.

FROM_DSN and TO_DSN are as in CHRONOLOGER_STORAGE_DSN, or the name of an environment variable
that has it, for others on the machine see what a command line says.

options:
  -h, --help            show this text and exit
  --after TIME          only records of this time (such as 2026-11-21T05:40:06Z) or later
  --before TIME         only records of this time or earlier
`,
  stats: `${USAGE.stats}
Prints figures of a store of SQLite: how many records and blocks there are, what they take, how
many records are of which day (UTC) and level. Works beside a running server.

options:
  -h, --help            show this text and exit
  --json                print one JSON object; times are microseconds since 1970
`,
  'hash-password': `${USAGE['hash-password']}
Reads a password from the terminal, without echo, or one line from standard input, and
prints a file for CHRONOLOGER_AUTHFILE with one user.

options:
  -h, --help            show this text and exit
  --username NAME       default: logger
  --roles ROLES         split at white space; default: "basic-reader writer"
  --iterations N        of PBKDF2 with SHA-256; default: 600000
`,
};
