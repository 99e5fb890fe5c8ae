import { isUtf8 } from 'node:buffer';
import { buffer } from 'node:stream/consumers';
import type { ReadStream } from 'node:tty';
import { CommandError } from './command-error.ts';

/** The password from standard input: typed twice on a terminal, without echo, else its first line. */
export async function readPassword(): Promise<string> {
  return process.stdin.isTTY ? await readTwice(process.stdin) : await readLine();
}

async function readLine(): Promise<string> {
  const bytes = await buffer(process.stdin);
  if (bytes.length === 0) throw new CommandError('There is no password on standard input');
  if (!isUtf8(bytes)) throw new CommandError('The password on standard input is no UTF-8');
  const [line] = bytes.toString('utf8').split(/\r?\n/, 1);
  return line ?? '';
}

async function readTwice(terminal: ReadStream): Promise<string> {
  terminal.setRawMode(true);
  terminal.setEncoding('utf8');
  try {
    const keys = terminal[Symbol.asyncIterator]();
    const typed = new TypedLines(keys);
    const password = await typed.ask('Password: ');
    const again = await typed.ask('The same again: ');
    if (password !== again) throw new CommandError('The two passwords differ');
    return password;
  } finally {
    terminal.setRawMode(false);
    terminal.pause();
  }
}

const ENTER = ['\r', '\n'];
const END_OF_INPUT = '\x04';
const INTERRUPT = '\x03';
const ERASE = ['\x7f', '\b'];
const ERASE_LINE = '\x15';

/** Lines from a terminal in raw mode, where what a terminal does for a line is left to the program. */
class TypedLines {
  readonly #chunks: AsyncIterator<string>;
  /** Keys of the last chunk that belong to the next line: whoever pastes is faster than the second question. */
  #rest: string[] = [];

  constructor(chunks: AsyncIterator<string>) {
    this.#chunks = chunks;
  }

  async ask(question: string): Promise<string> {
    process.stderr.write(question);
    const line: string[] = [];
    for (;;) {
      const key = await this.#key();
      if (ENTER.includes(key)) break;
      if (key === INTERRUPT || key === END_OF_INPUT) {
        process.stderr.write('\n');
        throw new CommandError('No password was given');
      }
      if (key === ERASE_LINE) line.length = 0;
      else if (ERASE.includes(key)) line.pop();
      else line.push(key);
    }
    process.stderr.write('\n');
    return line.join('');
  }

  async #key(): Promise<string> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done) return END_OF_INPUT;
      this.#rest = [...value];
    }
    return this.#rest.shift() ?? END_OF_INPUT;
  }
}
