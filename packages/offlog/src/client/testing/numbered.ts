/** A line of 100 bytes with its number, and not only ASCII. */
export function numbered(index: number): string {
  return `${String(index).padStart(8, '0')} ${'ä'.repeat(10)} ${'x'.repeat(69)}\n`;
}

/** Fails unless the text is the lines from 0 on, each once and in order; answers how many. */
export function countNumbered(text: string): number {
  const lines = text.split('\n');
  const rest = lines.pop();
  if (rest !== '') throw new Error(`the last line has no end: ${rest}`);
  for (const [index, line] of lines.entries()) {
    if (`${line}\n` !== numbered(index)) throw new Error(`line ${index} is ${line}`);
  }
  return lines.length;
}
