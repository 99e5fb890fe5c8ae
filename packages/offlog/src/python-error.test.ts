import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants } from 'node:os';
import { describe, test } from 'node:test';
import { getSystemErrorMap } from 'node:util';
import fc from 'fast-check';
import { pythonError, reprOfPath } from './python-error.ts';

/** What a script of Python prints as JSON for a JSON value. */
function python(script: string, input: unknown): unknown {
  const output = execFileSync(
    'python3',
    ['-c', `import sys, json\ninput = json.load(sys.stdin)\n${script}`],
    {
      input: JSON.stringify(input),
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  return JSON.parse(output.toString('utf8'));
}

function hasPython(): boolean {
  try {
    return python('print(json.dumps(input + 1))', 1) === 2;
  } catch {
    return false;
  }
}

const withoutPython = hasPython() ? false : 'there is no python3 to compare with';

/** The repr of each path (in hex), and whether the path has characters that this Python's Unicode does not know yet. */
const REPRS = `
import os, unicodedata
def answer(hex):
    path = os.fsdecode(bytes.fromhex(hex))
    unknown = [ord(c) for c in path if unicodedata.category(c) == 'Cn']
    return [repr(path), unknown]
print(json.dumps([answer(each) for each in input]))
`;

const ERRORS = `
import os
def answer(number):
    error = OSError(number, os.strerror(number))
    return f'{type(error).__name__}: {error}'
print(json.dumps([answer(each) for each in input]))
`;

const path = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => new TextEncoder().encode(text)),
  fc
    .string({ unit: fc.constantFrom('a', "'", '"', '\\', '\n', '\r', '\t', ' ', '\u00a0', '\u2028', '\x7f') })
    .map((text) => new TextEncoder().encode(text)),
  // Lone surrogates and overlong forms, which look like UTF-8 and are none.
  fc
    .constantFrom('eda080', 'c0af', 'f4908080', 'efbbbf61', 'e282', 'f09f98', '61f09f9880ff')
    .map((hex) => Buffer.from(hex, 'hex')),
);

describe('errors as Python writes them', { skip: withoutPython }, () => {
  test('a path is quoted as repr(os.fsdecode(path))', () => {
    fc.assert(
      fc.property(fc.array(path, { minLength: 100, maxLength: 300 }), (paths) => {
        const answers = python(
          REPRS,
          paths.map((each) => Buffer.from(each).toString('hex')),
        ) as [string, number[]][];
        for (const [at, [expected, unknown]] of answers.entries()) {
          if (unknown.some((point) => !/\p{Cn}/u.test(String.fromCodePoint(point)))) continue;
          assert.equal(reprOfPath(paths[at] ?? Buffer.of()), expected);
        }
      }),
      { numRuns: 15 },
    );
  });

  test('an error number has the class and the text of Python', () => {
    const numbers: Readonly<Record<string, number>> = constants.errno;
    const codes = [...getSystemErrorMap().values()].flatMap(([code]) => (code in numbers ? [code] : []));
    assert.ok(codes.length > 50);
    const expected = python(
      ERRORS,
      codes.map((code) => numbers[code]),
    ) as string[];
    assert.deepEqual(
      codes.map((code) => pythonError(Object.assign(new Error(), { code }))),
      expected,
    );
  });
});

test('an error of opening names its path, one of writing does not', () => {
  const error = Object.assign(new Error('irrelevant'), { code: 'ENOENT' });
  assert.equal(
    pythonError(error, Buffer.from("/tmp/it's\xff", 'latin1')),
    `FileNotFoundError: [Errno 2] No such file or directory: "/tmp/it's\\udcff"`,
  );
  assert.equal(pythonError(error), 'FileNotFoundError: [Errno 2] No such file or directory');
});

test('what is no error of the system is told as it is', () => {
  assert.equal(pythonError(new RangeError('too big')), 'OSError: too big');
});
