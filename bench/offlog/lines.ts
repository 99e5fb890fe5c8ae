import { createReadStream } from 'node:fs';

/** Bytes of each line that is written, with its newline; write.py makes the same lines. */
export const LINE_BYTES = 100;
/** How many different lines are written, over and over. */
const DIFFERENT_LINES = 1000;

/** The lines that writers write in turn: told apart by their number, so that a lost or cut one is seen. */
export function makeLines(): string[] {
  return Array.from(
    { length: DIFFERENT_LINES },
    (_, number) => `${`${String(number).padStart(8, '0')} `.padEnd(LINE_BYTES - 1, 'x')}\n`,
  );
}

/** Throws unless a file holds `count` of these lines, in order, and nothing else. */
export async function checkLines(path: string, count: number): Promise<void> {
  const block = Buffer.from(makeLines().join(''));
  let at = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    if (!(chunk instanceof Buffer)) throw new TypeError('a stream without an encoding gives bytes');
    for (let done = 0; done < chunk.length; ) {
      const from = at % block.length;
      const length = Math.min(chunk.length - done, block.length - from);
      if (block.compare(chunk, done, done + length, from, from + length) !== 0) {
        throw new Error(`${path} differs from what was written, after byte ${at}`);
      }
      done += length;
      at += length;
    }
  }
  const due = count * LINE_BYTES;
  if (at !== due) throw new Error(`${path} holds ${at} bytes, and ${due} were written`);
}
