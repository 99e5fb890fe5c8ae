import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { unicodeCharacter } from './unicode-names.ts';

/** Prints every name that unicodedata knows, up to Unicode 15.1; names are never changed or taken back later. */
const PYTHON = `
import sys, unicodedata
version = tuple(map(int, unicodedata.unidata_version.split('.')))
for code in range(sys.maxunicode + 1):
    name = unicodedata.name(chr(code), None)
    # Python 3.8 names some ideographs that are not assigned.
    assigned = unicodedata.category(chr(code)) != 'Cn'
    if name and assigned and version <= (15, 1, 0): print('%X;%s' % (code, name))
`;

const python = process.env.PYTHON ?? 'python3';
const run = spawnSync(python, ['-c', PYTHON], { encoding: 'utf8', maxBuffer: 1 << 27 });
const lines = (run.stdout ?? '').split('\n').filter((line) => line !== '');
const skip =
  lines.length > 0 || process.env.CI === 'true' ? false : 'no Python with Unicode 15.1 or older is found';

test('every name of unicodedata stands for its character', { skip }, () => {
  assert.ok(lines.length > 130_000, run.stderr);
  for (const line of lines) {
    const [code = '', name = ''] = line.split(';');
    assert.equal(unicodeCharacter(name), Number.parseInt(code, 16), name);
  }
});
