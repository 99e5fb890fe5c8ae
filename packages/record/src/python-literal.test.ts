import assert from 'node:assert/strict';
import { test } from 'node:test';
import { literalToJson } from './python-literal.ts';

function reads(cases: Record<string, string>): void {
  for (const [text, json] of Object.entries(cases)) assert.equal(literalToJson(text), json, text);
}

function refuses(texts: string[]): void {
  for (const text of texts) assert.equal(literalToJson(text), undefined, text);
}

test('integers are exact in every notation', () => {
  reads({
    '0': '0',
    '00_0': '0',
    '1_000': '1000',
    '0x1F': '31',
    '0XfF': '255',
    '0x_1_f': '31',
    '0o17': '15',
    '0O7': '7',
    '0b101': '5',
    '-5': '-5',
    '+5': '5',
    '- 5': '-5',
    '-(5)': '-5',
    '-0': '0',
    '123456789012345678901234567890': '123456789012345678901234567890',
    '-9223372036854775809': '-9223372036854775809',
    '0xffffffffffffffffffff': '1208925819614629174706175',
  });
  assert.equal(literalToJson('9'.repeat(10_000)), '9'.repeat(10_000));
  refuses([
    '007',
    '0_7',
    '1__0',
    '_1',
    '1_',
    '0x',
    '0x_',
    '0x1__2',
    '0b2',
    '0o8',
    '0_x1',
    '٣',
    '--1',
    '~1',
    '1+1',
    '-True',
  ]);
});

test('floats print as Python prints them', () => {
  reads({
    '1.5': '1.5',
    '.5': '0.5',
    '5.': '5.0',
    '007.5': '7.5',
    '1e3': '1000.0',
    '1E-3': '0.001',
    '1e16': '1e+16',
    '1e15': '1000000000000000.0',
    '123456789012345680.0': '1.2345678901234568e+17',
    '0.0001': '0.0001',
    '0.00012345': '0.00012345',
    '0.00001': '1e-05',
    '1.5e-7': '1.5e-07',
    '1e22': '1e+22',
    '5e-324': '5e-324',
    '1.7976931348623157e308': '1.7976931348623157e+308',
    '1_0.0_1e1_0': '100100000000.0',
    '-0.0': '-0.0',
    '0e5': '0.0',
    '1e400': '"Infinity"',
    '-1e400': '"-Infinity"',
  });
  refuses(['.', '1._0', '1_.0', '1e', '1e_1', '1e+', '1.2.3', 'inf', 'nan', '-inf']);
});

test('strings of every prefix, with every escape', () => {
  reads({
    "'a'": '"a"',
    '"a"': '"a"',
    "'''a\n'b''c'''": "\"a\\n'b''c\"",
    "''''a'''": '"\'a"',
    "u'x'": '"x"',
    "U'x'": '"x"',
    "r'\\n'": '"\\\\n"',
    "R'\\''": '"\\\\\'"',
    "'\\a\\b\\f\\n\\r\\t\\v\\\\\\'\\\"'": '"\\u0007\\b\\f\\n\\r\\t\\u000b\\\\\'\\""',
    "'\\x41\\u2603\\U0001F600\\101\\0'": '"A☃😀A\\u0000"',
    "'\\400\\1012'": '"ĀA2"',
    "'\\q\\8'": '"\\\\q\\\\8"',
    "'a\\\nb'": '"ab"',
    "'a\\\r\nb'": '"ab"',
    "'''a\r\nb\rc'''": '"a\\nb\\nc"',
    "'a' \"b\" u'c'": '"abc"',
    "'a'\\\n'b'": '"ab"',
    "('a'\n'b')": '"ab"',
    "'it''s'": '"its"',
    "'\\ud800'": '"\\ud800"',
    "'é中😀'": '"é中😀"',
  });
  refuses([
    "'",
    "'a",
    "'a\nb'",
    "'a\rb'",
    "'''a''",
    "r'\\'",
    "'\\'",
    "'\\x4'",
    "'\\xg0'",
    "'\\u12'",
    "'\\U00110000'",
    "f'x'",
    "ur'x'",
    "bu'x'",
    "b 'x'",
    "'a'\n'b'",
    "'a' b'b'",
    "b'é'",
    "b'\\x4'",
    "'a\0b'",
    "-'a'",
    "'a'.b",
  ]);
});

test('characters by name: of the standard, by alias, by rule', () => {
  reads({
    "'\\N{SNOWMAN}'": '"☃"',
    "'\\N{snowman}'": '"☃"',
    "'\\N{LINE FEED}\\N{nbsp}'": '"\\n\u00a0"',
    "'\\N{BELL}\\N{ALERT}'": '"🔔\\u0007"',
    "'\\N{CJK UNIFIED IDEOGRAPH-4E00}'": '"一"',
    "'\\N{CJK UNIFIED IDEOGRAPH-20000}'": '"𠀀"',
    "'\\N{HANGUL SYLLABLE GA}'": '"가"',
    "'\\N{HANGUL SYLLABLE A}'": '"아"',
    "'\\N{HANGUL SYLLABLE HIH}'": '"힣"',
    "r'\\N{SNOWMAN}'": '"\\\\N{SNOWMAN}"',
  });
  refuses([
    "'\\N'",
    "'\\N{'",
    "'\\N{}'",
    "'\\N{SNOWMAN'",
    "'\\N{NO SUCH CHARACTER}'",
    "'\\N{ SNOWMAN}'",
    "'\\N{KEYCAP DIGIT ONE}'",
    "'\\N{CJK UNIFIED IDEOGRAPH-4e00}'",
    "'\\N{CJK UNIFIED IDEOGRAPH-0041}'",
    "'\\N{hangul syllable ga}'",
    "'\\N{HANGUL SYLLABLE }'",
    "'\\N{HANGUL SYLLABLE GAQ}'",
  ]);
});

test('names, tuples, lists and dicts', () => {
  reads({
    None: 'null',
    True: 'true',
    False: 'false',
    '()': '[]',
    '(1)': '1',
    '(1,)': '[1]',
    '(1, 2)': '[1, 2]',
    '1,2': '[1, 2]',
    '1,': '[1]',
    '1, # c': '[1]',
    '[]': '[]',
    '[1,]': '[1]',
    '[1,[2,{3:4}],(None,)]': '[1, [2, {"3": 4}], [null]]',
    '{}': '{}',
    '{\'a\':1, "b":[2],}': '{"a": 1, "b": [2]}',
    '((((1))))': '1',
    '[\n1, # one\n2]': '[1, 2]',
  });
  refuses([
    '',
    ' ',
    'none',
    'true',
    'Nonesuch',
    'a',
    'a.b',
    'a()',
    '[a]',
    '[1',
    '[,]',
    '(,)',
    '1 2',
    '1;2',
    '[1 2]',
    '1,,',
  ]);
  refuses([
    '{:}',
    '{1:}',
    '{1:2 3:4}',
    '{1:2,3}',
    '{1,2:3}',
    '{,}',
    '{**{}}',
    '[*[1]]',
    '1,*[2]',
    '[1][0]',
    '(1)(2)',
    '{1:2,,}',
  ]);
});

test('what JSON has no form for is its source text, inside others too', () => {
  reads({
    '1j': '"1j"',
    '3+4j': '"3+4j"',
    '(3+4j)': '"(3+4j)"',
    '-1-1j': '"-1-1j"',
    '3 - .5J': '"3 - .5J"',
    "b'\\xff'": '"b\'\\\\xff\'"',
    'rb\'x\' Br"y"': '"rb\'x\' Br\\"y\\""',
    '{1, 2}': '"{1, 2}"',
    'set()': '"set()"',
    '...': '"..."',
    "[b'a', {1,}, (1j), ..., set( )]": '["b\'a\'", "{1,}", "(1j)", "...", "set( )"]',
    '1j # note': '"1j # note"',
  });
  refuses([
    '1j+2',
    '1j+2j',
    '1+2j+3j',
    '-(1+1j)',
    '1+-1j',
    '1+(-1j)',
    '1+True',
    'set',
    '[set]',
    'set(1)',
    'set()()',
    '-...',
    '{[]}',
    '{set()}',
  ]);
});

test('keys of dicts', () => {
  reads({
    '{None:1, True:2, 1.5:3, 7:4}': '{"null": 1, "true": 2, "1.5": 3, "7": 4}',
    '{(1,2):3}': '{"(1,2)": 3}',
    "{b'a':1, 1j:2, ...:3}": '{"b\'a\'": 1, "1j": 2, "...": 3}',
    '{1e400:1}': '{"Infinity": 1}',
    "{'a':1,'a':2}": '{"a": 2}',
    '{1:2, 1.0:3, True:4, 1+0j:5}': '{"1": 5}',
    '{0:1, False:2, -0.0:3}': '{"0": 3}',
    '{(1,):2, (1.0,):3}': '{"(1,)": 3}',
    "{1:2, '1':3}": '{"1": 3}',
    "{'__proto__': 1}": '{"__proto__": 1}',
  });
  refuses(['{[]:1}', '{{}:1}', '{([],):1}', '{{1}:1}']);
});

test('blanks, line breaks and comments around a literal', () => {
  reads({
    '1 ': '1',
    '1\n': '1',
    '\n1': '1',
    '\n \n1': '1',
    '1 # c': '1',
    '# c\n1': '1',
    ' # c\n1': '1',
    '1\n # c\n\n': '1',
    '\x0c1': '1',
    ' \x0c1': '1',
    '1\x0c': '1',
    '\\\n1': '1',
    '1+\\\n1j': '"1+\\\\\\n1j"',
    '1\r\n': '1',
  });
  refuses([
    ' 1',
    '\t1',
    '\n 1',
    '\x0c 1',
    '1 \\\n',
    '1\\',
    '1\n\\\n',
    '# c',
    '1\n+1j',
    '1\n1',
    '\u00a0 1',
    '1\u00a0',
    '\ufeff1',
    '1\0',
    '[1,\x0b2]',
  ]);
});

test('nesting is read to 100 brackets', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  assert.equal(literalToJson(nested(100)), nested(100));
  assert.equal(literalToJson(nested(101)), undefined);
  assert.equal(literalToJson(`${'('.repeat(100)}1${')'.repeat(100)}`), '1');
});

test('long literals take time in proportion to their length, and too long ones are text', () => {
  const n = 400_000;
  const started = performance.now();
  assert.equal(literalToJson(`'${'\\n'.repeat(n)}'`)?.length, 2 * n + 2);
  assert.equal(literalToJson("''".repeat(n)), '""');
  assert.equal(literalToJson(`[${'1,'.repeat(n)}]`)?.length, 3 * n);
  assert.equal(literalToJson(`${'\n'.repeat(n)}1`), '1');
  // Quadratic time would be minutes.
  assert.ok(performance.now() - started < 5000);
  assert.equal(literalToJson('1'.repeat(4 * 1024 * 1024 + 1)), undefined);
  assert.equal(literalToJson(`0x${'f'.repeat(60_000)}`), undefined);
});
