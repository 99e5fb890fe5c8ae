import { parseArgs } from 'node:util';
import type { DaemonOptions } from './daemon/daemon.ts';
import { DEFAULT_SOCKET } from './protocol.ts';

/** How often names are looked at for rotation unless told otherwise, in milliseconds; as in offlog 0.3. */
const ROTATE_CHECK_INTERVAL = 5000;

/** A timer of more milliseconds would go off at once. */
const LONGEST_INTERVAL = 2 ** 31 - 1;

const USAGE = `usage: offlog [-h] [-n] [-s SOCKET_FILE] [-l LOGFILE] [-r ROTATE_CHECK_INTERVAL] [--fsync MS]
       offlog append [-h] [-s SOCKET_FILE] FILE
`;

export const HELP = `${USAGE}
offlog file-append service: appends to files for clients on a Unix socket, which never wait for a disk

options:
  -h, --help            show this help message and exit
  -n, --notify          tell systemd when the daemon listens and when it ends
  -s, --socket-file SOCKET_FILE
                        path of the Unix socket (default: ${DEFAULT_SOCKET})
  -l, --logfile LOGFILE
                        file for the daemon's own log (default: standard output, warnings on standard error)
  -r, --rotate-check-interval MS
                        how often it is looked whether a file was renamed or deleted, in milliseconds; it is then
                        opened anew under its name (default: ${ROTATE_CHECK_INTERVAL})
  --fsync MS            sync written files to the disk that often, in milliseconds (default: never; a file is safe
                        from a crash of the daemon without it, but not from one of the machine)

commands:
  append FILE           sends standard input to FILE through the daemon: some-command | offlog append FILE

signals:
  SIGTERM, SIGINT       tell every client, write what was sent, and end
  SIGUSR1               write counters to the log
`;

/** What is wrong with a command line, and how it should be. */
export class UsageError extends Error {
  constructor(message: string) {
    super(`${USAGE}offlog: error: ${message}`);
  }
}

/** Reads the daemon's command line; undefined when it asks for help. Throws a UsageError. */
export function readArguments(args: readonly string[]): DaemonOptions | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  return {
    socketFile: values['socket-file'] ?? DEFAULT_SOCKET,
    logfile: values.logfile,
    rotateCheckInterval:
      interval('-r/--rotate-check-interval', values['rotate-check-interval']) ?? ROTATE_CHECK_INTERVAL,
    fsync: interval('--fsync', values.fsync),
    notify: values.notify ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h' },
        notify: { type: 'boolean', short: 'n' },
        'socket-file': { type: 'string', short: 's' },
        logfile: { type: 'string', short: 'l' },
        'rotate-check-interval': { type: 'string', short: 'r' },
        fsync: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function interval(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const milliseconds = /^\d+$/.test(value) ? Number(value) : 0;
  if (milliseconds >= 1 && milliseconds <= LONGEST_INTERVAL) return milliseconds;
  throw new UsageError(`argument ${option}: not a whole number of milliseconds above 0: '${value}'`);
}
