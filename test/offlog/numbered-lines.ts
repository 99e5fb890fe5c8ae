import assert from 'node:assert/strict';

/** Lines that tell whose they are and which, so that each missing, torn or doubled one is found. */

/** A client's numbered line, with a length of its own. */
export function line(client: number, number: number): string {
  return `${client} ${number} ${'x'.repeat((number * 37) % 200)}|\n`;
}

/**
 * The numbers of each client's lines, in the order of the files. Fails on a line that is torn, in the middle of another, or twice
 * there.
 */
export function numbersIn(files: readonly string[]): Map<number, number[]> {
  const numbers = new Map<number, number[]>();
  for (const text of files) {
    assert.ok(text === '' || text.endsWith('\n'), 'a file ends within a line');
    for (const found of text.split('\n').slice(0, -1)) {
      const [client = Number.NaN, number = Number.NaN] = found.split(' ', 2).map(Number);
      assert.equal(`${found}\n`, line(client, number));
      const all = numbers.get(client) ?? [];
      numbers.set(client, all);
      all.push(number);
    }
  }
  return numbers;
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);
