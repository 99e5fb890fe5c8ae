import { parseArgs } from 'node:util';
import { ProxyFile } from './client/proxy-file.ts';
import { DEFAULT_SOCKET } from './protocol.ts';

const USAGE = 'usage: offlog append [-h] [-s PATH] FILE';

const HELP = `${USAGE}

Appends standard input to FILE through the offlog daemon.

  -s, --socket-file PATH  the daemon's socket (${DEFAULT_SOCKET})
  -h, --help              print this

Waits when the daemon is slow. Exits with 0 when the daemon has written everything, with 1 when it could not, with 2 for a
wrong command line.
`;

/** With so many bytes waiting for the daemon, reading waits: the pipe fills, and whoever writes into it waits, too. */
const MOST_WAITING = 1024 * 1024;

type Arguments = { help: boolean; sockPath: string; file: string };

/** @throws TypeError for a wrong command line */
function readArguments(args: string[]): Arguments {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      'socket-file': { type: 'string', short: 's', default: DEFAULT_SOCKET },
    },
  });
  const [file = ''] = positionals;
  if (!values.help && (positionals.length !== 1 || file === '')) throw new TypeError('one FILE is needed');
  return { help: values.help, sockPath: values['socket-file'], file };
}

/**
 * `some-command | offlog append FILE`. Does not end before the daemon has written everything, however long that takes.
 *
 * @param args what follows `append` on the command line
 * @returns the exit code
 */
export async function runAppend(args: string[]): Promise<number> {
  let settings: Arguments;
  try {
    settings = readArguments(args);
  } catch (error) {
    process.stderr.write(`offlog append: ${(error as Error).message}\n${USAGE}\n`);
    return 2;
  }
  if (settings.help) {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    await copy(process.stdin, settings);
    return 0;
  } catch (error) {
    const { name, message } = error as Error;
    process.stderr.write(`offlog append: ${settings.file}: ${name}: ${message}\n`);
    return 1;
  } finally {
    // Nobody reads it any more: the command before the pipe is to notice.
    process.stdin.destroy();
  }
}

async function copy(input: AsyncIterable<Uint8Array>, { file, sockPath }: Arguments): Promise<void> {
  const output = await ProxyFile.open(file, { sockPath, flush: 'write' });
  try {
    for await (const chunk of input) {
      output.write(chunk);
      if (output.waitingBytes > MOST_WAITING) await output.drained(MOST_WAITING / 2);
    }
  } finally {
    await output.close({ timeout: Number.POSITIVE_INFINITY });
  }
}
