import { isUtf8 } from 'node:buffer';
import type { ReadStream } from 'node:tty';
import { CommandError } from './command-error.ts';

/** The password from standard input: typed twice on a terminal, without echo, else its first line. */
export async function readPassword(): Promise<string> {
  return process.stdin.isTTY ? await readTwice(process.stdin) : await readLine();
}

/** More than a password can have in a header of HTTP: somebody took the wrong file. In bytes. */
const MAX_LINE = 65_536;

/** Returns with the end of the line: whoever writes may keep the pipe open. */
async function readLine(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
    length += chunk.length;
    if (chunk.includes(0x0a) || length > MAX_LINE) break;
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length === 0) throw new CommandError('There is no password on standard input');
  const end = bytes.indexOf(0x0a);
  const line = end === -1 ? bytes : bytes.subarray(0, end);
  if (line.length > MAX_LINE) throw new CommandError('The line on standard input is too long for a password');
  if (!isUtf8(line)) throw new CommandError('The password on standard input is no UTF-8');
  return line.toString('utf8').replace(/\r$/, '');
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
