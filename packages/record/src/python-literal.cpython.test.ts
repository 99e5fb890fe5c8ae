import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { literalToJson } from './python-literal.ts';

/**
 * What literalToJson promises, made by ast.literal_eval: reads lines of JSON strings, prints lines of JSON. A part
 * without a JSON form is shown by its type alone here, and so is such a key; tuples of keys likewise.
 */
const PYTHON = `
import ast, json, math, sys, warnings
warnings.simplefilter('ignore')
if hasattr(sys, 'set_int_max_str_digits'): sys.set_int_max_str_digits(0)
def number(value):
    if value != value: return 'NaN'
    return 'Infinity' if value > 0 else '-Infinity'
def shape(value):
    if isinstance(value, (list, tuple)): return [shape(item) for item in value]
    if isinstance(value, dict): return {key(k): shape(v) for k, v in value.items()}
    if isinstance(value, float) and math.isinf(value): return number(value)
    if value is None or isinstance(value, (bool, int, float, str)): return value
    return '<source>'
def key(value):
    if value is None: return 'null'
    if isinstance(value, bool): return 'true' if value else 'false'
    if isinstance(value, float): return number(value) if math.isinf(value) else repr(value)
    return str(value) if isinstance(value, (int, str)) else '<source>'
for line in sys.stdin:
    text = json.loads(line)
    try:
        # As in Python 3.8: newer ones take blanks before the literal off.
        if text[:1] in (' ', '\\t') and text.lstrip(' \\t')[:1] not in ('\\n', '\\r', '\\f', '#'): raise ValueError
        print(json.dumps(shape(ast.literal_eval(text))))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, OverflowError):
        print('-')
print(sys.version_info[1])
`;

/** The interpreter to compare with; PYTHON names another than the first on the path. */
const python = process.env.PYTHON ?? 'python3';
const found = spawnSync(python, ['-c', 'import sys; assert sys.version_info >= (3, 8)']).status === 0;
const skip = found || process.env.CI === 'true' ? false : 'no Python 3.8 or newer is found';

const escapes = fc.constantFrom(
  '\\n',
  '\\\\',
  "\\'",
  '\\"',
  '\\x41',
  '\\x4',
  '\\u2603',
  '\\ud800',
  '\\U0001F600',
  '\\101',
  '\\8',
  '\\N{SNOWMAN}',
  '\\N{latin small letter a}',
  '\\N{LF}',
  '\\N{CJK UNIFIED IDEOGRAPH-4E01}',
  '\\N{HANGUL SYLLABLE GGWAELB}',
  '\\N{X}',
  '\\\n',
  '\\q',
);
const character = fc.constantFrom(
  'a',
  'é',
  '中',
  '😀',
  ' ',
  '{',
  '}',
  '#',
  '\t',
  "'",
  '"',
  '\n',
  '\r',
  '\r\n',
);
const body = fc.array(fc.oneof(character, escapes), { maxLength: 5 }).map((parts) => parts.join(''));
const prefix = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  fc.constantFrom('r', 'R', 'u', 'U', 'b', 'B', 'rb', 'bR', 'Br', 'f', 'ur'),
);
const string = fc
  .tuple(prefix, fc.constantFrom("'", '"', "'''", '"""'), body)
  .map(([before, quote, text]) => before + quote + text + quote);
const number = fc.oneof(
  fc.bigInt().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.stringMatching(/^[-+]?[0-9]{1,3}(_[0-9]{1,3})?(\.[0-9_]{0,4})?([eE][+-]?[0-9]{1,3})?[jJ]?$/),
  fc.stringMatching(/^0[xXoObB]_?[0-9a-fA-F]{1,20}$/),
  fc.stringMatching(/^[-+]?[0-9.]{1,4} ?[-+] ?[0-9.]{1,4}j$/),
);
const blank = fc.constantFrom('', '', '', ' ', '\n', '\t', '\f', '\\\n', '# c\n', ' \r\n');
const { literal } = fc.letrec<{ literal: string }>((tie) => {
  const items = fc
    .array(fc.tuple(blank, tie('literal'), blank), { maxLength: 3 })
    .chain((list) =>
      fc.constantFrom('', ',').map((last) => list.map((item) => item.join('')).join(',') + last),
    );
  const pairs = fc
    .array(fc.tuple(blank, tie('literal'), blank, fc.constant(':'), tie('literal'), blank), { maxLength: 3 })
    .map((list) => list.map((item) => item.join('')).join(','));
  return {
    literal: fc.oneof(
      { maxDepth: 4 },
      number,
      string,
      fc.constantFrom('None', 'True', 'False', '...', 'set()', '()', '[]', '{}', '-5', '(1+2j)'),
      fc.tuple(string, blank, string).map((parts) => parts.join('')),
      items.map((text) => `(${text})`),
      items.map((text) => `[${text}]`),
      items.map((text) => `{${text}}`),
      pairs.map((text) => `{${text}}`),
      items,
    ),
  };
});
const around = fc.tuple(blank, literal, blank).map((parts) => parts.join(''));
const mutated = fc
  .tuple(around, fc.nat(), fc.nat(3), fc.constantFrom(...'()[]{}\'",:\\#+-.0_jJeExXbBnNu \n\t\f*é;='))
  .map(([text, at, way, mark]) => {
    const cut = at % (text.length + 1);
    if (way === 0) return text.slice(0, cut);
    return text.slice(0, cut) + (way === 1 ? '' : mark) + text.slice(way === 3 ? cut : cut + 1);
  });

function evaluate(texts: readonly string[]): { lines: string[]; minor: number } {
  const input = texts.map((text) => `${JSON.stringify(text)}\n`).join('');
  const run = spawnSync(python, ['-c', PYTHON], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.equal(run.status, 0, run.stderr);
  const lines = run.stdout.trimEnd().split('\n');
  const minor = Number(lines.pop());
  assert.equal(lines.length, texts.length);
  return { lines, minor };
}

/** Strings of source texts cannot be told from other strings, so values are compared with Python's as a pattern. */
function matches(due: unknown, value: unknown, sources: string): boolean {
  if (due === '<source>') return typeof value === 'string' && sources.includes(value);
  if (typeof due !== 'object' || due === null) return Object.is(due, value);
  if (Array.isArray(due)) {
    return (
      Array.isArray(value) &&
      due.length === value.length &&
      due.every((item, i) => matches(item, value[i], sources))
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  const plain = Object.entries(due).filter(([key]) => key !== '<source>');
  if (plain.length === Object.keys(due).length && entries.length !== plain.length) return false;
  return plain.every(([key, item]) => matches(item, entries.find(([other]) => other === key)?.[1], sources));
}

/** Integers as texts, so that no digit is lost. */
function parse(json: string): unknown {
  return JSON.parse(json, (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && /^-?\d+$/.test(context?.source ?? '') ? `int ${context?.source}` : value,
  );
}

function compare(texts: readonly string[]): void {
  const { lines, minor } = evaluate(texts);
  let taken = 0;
  for (const [index, text] of texts.entries()) {
    const json = literalToJson(text);
    const line = lines[index] ?? '';
    // set() is a literal since Python 3.9.
    if (minor === 8 && /set\s*[()]/.test(text)) continue;
    // Versions differ in what a continued line means before the first token or behind the last.
    if (/^\s*(#[^\n]*\s+)*\\\s|\n[ \t\f]*\\\s*$/.test(text)) continue;
    const shown = `${JSON.stringify(text)}: ${json} here, ${line} in Python`;
    assert.equal(json !== undefined, line !== '-', shown);
    if (json === undefined) continue;
    taken += 1;
    assert.ok(matches(parse(line), parse(json), text.replace(/\r\n?/g, '\n') + text), shown);
  }
  assert.ok(taken > texts.length / 10, `only ${taken} of ${texts.length} were literals`);
}

test('generated literals read as CPython reads them', { skip }, () => {
  compare(fc.sample(around, 4000));
});

test('mutated literals are refused where CPython refuses them', { skip }, () => {
  compare(fc.sample(mutated, 6000));
});
