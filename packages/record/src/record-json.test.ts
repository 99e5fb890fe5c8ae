import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type LogRecord, RecordError, recordFromJson, recordsFromJson } from './mod.ts';

const NOW = 1_700_000_000_000_000;
const shaped = { raw: false, now: NOW };
const raw = { raw: true, now: NOW };
const core = '"name": "a", "created": 1.5, "levelno": 20, "msg": "m"';

function take(extra: string): LogRecord {
  return recordFromJson(`{${core}, ${extra}}`, shaped);
}

function refuses(text: string, type: RecordError['type'], message: string | RegExp, options = shaped): void {
  assert.throws(() => recordFromJson(text, options), { constructor: RecordError, type, message }, text);
}

test('a record of the standard library: columns, groups, and nothing of the text changed', () => {
  const text =
    '{"name": "shop.cart", "msg": "hello %s", "args": ["zoe", 1.0e2], "levelname": "INFO", "levelno": 20, ' +
    '"exc_info": null, "exc_text": null, "created": 1700000000.123456, "thread": 9223372036854775808, ' +
    '"taskName": null, "origname": "x", "message": "hello \\u2603", "asctime": "2023", "big": 9007199254740993, ' +
    '"z": -0.0, "nested": {"a":  [1, {"b": null}]}, "lone": "\\ud800", "process": 3255}';
  assert.deepEqual(recordFromJson(text, shaped), {
    name: 'shop.cart',
    ts: 1_700_000_000_123_456,
    level: 20,
    message: 'hello ☃',
    logrec:
      '{"meta": {"msg": "hello %s", "args": ["zoe", 1.0e2], "thread": 9223372036854775808, "taskName": null, ' +
      '"origname": "x", "process": 3255}, "data": {"big": 9007199254740993, "z": -0.0, ' +
      '"nested": {"a":  [1, {"b": null}]}, "lone": "\\ud800"}}',
  });
});

test('groups: the error only with a text, empty groups left out, own keys named like groups are data', () => {
  assert.equal(
    take('"exc_info": "<tb>", "exc_text": "Traceback"').logrec,
    '{"meta": {"msg": "m"}, "error": {"exc_info": "<tb>", "exc_text": "Traceback"}}',
  );
  assert.equal(
    take('"exc_text": "T", "x": 1').logrec,
    '{"meta": {"msg": "m"}, "data": {"x": 1}, "error": {"exc_text": "T"}}',
  );
  for (const empty of ['null', '""', 'false', '0', '[]', '{}']) {
    assert.equal(take(`"exc_info": "i", "exc_text": ${empty}`).logrec, '{"meta": {"msg": "m"}}');
  }
  assert.equal(
    take('"data": 1, "meta": 2, "error": 3').logrec,
    '{"meta": {"msg": "m"}, "data": {"data": 1, "meta": 2, "error": 3}}',
  );
  assert.equal(recordFromJson('{"name":"a","created":1,"levelno":2,"message":"m"}', shaped).logrec, '{}');
});

test('keys that are missing, in the order in which they are missed', () => {
  refuses('{}', 'ModelError', 'Key "name" is missing');
  refuses('{"name":"a"}', 'ModelError', 'Key "created" is missing');
  refuses('{"name":"a","created":1}', 'ModelError', 'Key "levelno" is missing');
  refuses('{"name":"a","created":1,"levelno":20}', 'ModelError', 'Key "msg" is missing');
});

test('names and messages are text', () => {
  const named = (name: string) =>
    recordFromJson(`{"name":${name},"created":1,"levelno":20,"msg":"m"}`, shaped).name;
  assert.equal(named('""'), '');
  assert.equal(named('5'), '5');
  assert.equal(named('"a\\ud800"'), 'a\ufffd');
  for (const name of ['null', '["a"]', '{}', 'true']) {
    refuses(`{"name":${name},"created":1,"levelno":20,"msg":"m"}`, 'ModelError', 'Key "name" must be text');
  }
  assert.equal(take('"message": 5').message, '5');
  assert.equal(take('"message": null').message, '');
  assert.equal(take('"message": true').message, 'true');
  assert.equal(take('"message": {"a": 1}').message, '{"a": 1}');
  assert.equal(take('"message": "\\ud83d\\ude00 \\udc00 \\u0000"').message, '😀 \ufffd \0');
  assert.equal(take('"x": 1').message, 'm');
});

test('a level is an integer of 32 bits', () => {
  const level = (value: string) =>
    recordFromJson(`{"name":"a","created":1,"levelno":${value},"msg":""}`, shaped).level;
  assert.deepEqual(
    ['20', '0', '-5', '1000', '"20"', '" +20 "', '20.0', '2147483647', '-2147483648', '-0'].map(level),
    [20, 0, -5, 1000, 20, 20, 20, 2147483647, -2147483648, 0],
  );
  for (const value of [
    '20.5',
    'null',
    '2147483648',
    '1099511627776',
    '"x"',
    '"20.0"',
    '""',
    'true',
    '[20]',
    'NaN',
    '1e999',
  ]) {
    refuses(
      `{"name":"a","created":1,"levelno":${value},"msg":""}`,
      'ModelError',
      'Key "levelno" must be an integer of 32 bits',
    );
  }
});

test('created is a number of seconds within the calendar', () => {
  const text = (value: string) => `{"name":"a","created":${value},"levelno":20,"msg":""}`;
  const ts = (value: string) => recordFromJson(text(value), shaped).ts;
  assert.deepEqual(['0', '-1.5', '17e8', '253402300799'].map(ts), [0, -1_500_000, 17e14, 253402300799e6]);
  refuses(text('1e12'), 'ValueError', 'year 33658 is out of range');
  for (const value of ['"1700000000"', 'null', 'true', 'NaN', 'Infinity']) {
    refuses(text(value), 'ModelError', 'Key "created" must be a number');
  }
});

test('what is no JSON, and what is no object', () => {
  for (const text of [
    '',
    '{',
    'nonsense',
    '{"a":1}{"b":2}',
    '\ufeff{}',
    `{${core},}`,
    `{"a":${'['.repeat(600)}${']'.repeat(600)}}`,
  ]) {
    for (const options of [shaped, raw]) refuses(text, 'HTTPError', 'Invalid JSON document', options);
  }
  for (const text of ['5', 'null', '"a"', '[]', ' [1] ', 'NaN']) {
    for (const options of [shaped, raw])
      refuses(text, 'ModelError', 'A record must be a JSON object', options);
  }
});

test('NaN and infinities become texts and line breaks between tokens go', () => {
  assert.equal(
    recordFromJson(`{\n  ${core},\r\n\t"a": NaN, "b": [Infinity, -Infinity], "NaN": "NaN"\n}\n`, shaped)
      .logrec,
    '{"meta": {"msg": "m"}, "data": {"a": "NaN", "b": ["Infinity", "-Infinity"], "NaN": "NaN"}}',
  );
  assert.equal(recordFromJson('\n{"a": NaN,\n"b": 1}\r\n', raw).logrec, '{"a": "NaN","b": 1}');
});

test('of a key given twice the last counts, however it is written', () => {
  assert.deepEqual(
    recordFromJson(
      `{"a": 1, "name": "x", ${core}, "\\u0061": 2, "msg": "n", "levelno": "x", "levelno": 7}`,
      shaped,
    ),
    {
      name: 'a',
      ts: 1_500_000,
      level: 7,
      message: 'n',
      logrec: '{"meta": {"msg": "n"}, "data": {"\\u0061": 2}}',
    },
  );
  // Again and again: what is remembered of earlier objects must not hide it.
  for (let n = 0; n < 40; n += 1)
    assert.equal(take('"d": 1, "d": 2').logrec, '{"meta": {"msg": "m"}, "data": {"d": 2}}');
});

test('raw mode keeps any object whole and takes what has the right type and range', () => {
  const absent = { name: '', ts: NOW, level: 20, message: '' };
  assert.deepEqual(recordFromJson(' {"x":  1} ', raw), { ...absent, logrec: '{"x":  1}' });
  assert.deepEqual(recordFromJson('{}', raw), { ...absent, logrec: '{}' });
  const whole = '{"name": "a.b", "message": "m\\n", "levelno": 40, "created": 1700000000.5, "msg": "other"}';
  assert.deepEqual(recordFromJson(whole, raw), {
    name: 'a.b',
    ts: 17e14 + 500_000,
    level: 40,
    message: 'm\n',
    logrec: whole,
  });
  for (const odd of [
    '{"name": null, "message": null, "levelno": null, "created": null}',
    '{"name": 5, "message": 5, "levelno": "40", "created": "1"}',
    '{"name": [], "message": {}, "levelno": 4e10, "created": 1e12}',
    '{"levelno": 1.5, "created": true}',
    '{"msg": "not a message"}',
  ]) {
    assert.deepEqual(recordFromJson(odd, raw), { ...absent, logrec: odd });
  }
});

test('an array is a batch', () => {
  assert.deepEqual(recordsFromJson('[]', shaped), []);
  assert.deepEqual(recordsFromJson(` [ {${core}} , {${core}, "x": 1} ] `, shaped), [
    take('"asctime": 1'),
    take('"x": 1'),
  ]);
  assert.deepEqual(recordsFromJson(`{${core}}`, shaped), take('"asctime": 1'));
  assert.equal((recordsFromJson('[\n{"a": NaN},\n{}]', raw) as LogRecord[])[0]?.logrec, '{"a": "NaN"}');
  const refusesBatch = (text: string, options: typeof raw, type: string, message: string) =>
    assert.throws(() => recordsFromJson(text, options), { type, message });
  refusesBatch('[1]', raw, 'ModelError', 'A record must be a JSON object in item 1');
  refusesBatch(`[{${core}}, {}]`, shaped, 'ModelError', 'Key "name" is missing in item 2');
  refusesBatch(`[{${core}}, {]`, shaped, 'HTTPError', 'Invalid JSON document');
  refusesBatch('5', shaped, 'ModelError', 'A record must be a JSON object');
});

test('a record of more than 100,000 fields is refused', () => {
  const fields = Array.from({ length: 100_000 }, (_, n) => `"f${n}": 0`).join();
  refuses(`{${core}, ${fields}}`, 'ValueError', 'A record has more than 100000 fields');
});

/** The shaping once more, by the values that JSON.parse makes. */
function expected(document: Record<string, unknown>) {
  const meta = ['msg', 'args', 'lineno', 'taskName', 'threadName'];
  const dropped = ['name', 'created', 'levelno', 'message', 'levelname', 'asctime', 'exc_info', 'exc_text'];
  const groups: Record<string, Record<string, unknown>> = {};
  for (const [key, value] of Object.entries(document)) {
    if (dropped.includes(key)) continue;
    const group = meta.includes(key) ? 'meta' : 'data';
    groups[group] ??= {};
    groups[group][key] = value;
  }
  const none = ['null', '""', 'false', '0', '[]', '{}'].includes(JSON.stringify(document.exc_text));
  if ('exc_text' in document && !none) groups.error = { exc_text: document.exc_text };
  if (groups.error && 'exc_info' in document) groups.error.exc_info = document.exc_info;
  return groups;
}

test('documents of few and many shapes are cut as JSON.parse would have it', () => {
  const keys = [
    'args',
    'lineno',
    'taskName',
    'threadName',
    'levelname',
    'asctime',
    'exc_info',
    'exc_text',
    'x',
    'y',
    'é"\\',
  ];
  const documents = fc
    .tuple(
      fc.shuffledSubarray(keys),
      fc.array(fc.jsonValue({ maxDepth: 3 }), { minLength: keys.length, maxLength: keys.length }),
    )
    .map(([names, values]) => ({
      name: 'n',
      ...Object.fromEntries(names.map((name, index) => [name, values[index]])),
      msg: values[9],
      created: 1,
      message: 'text',
      levelno: 10,
    }));
  const repeats = fc.integer({ min: 1, max: 80 });
  fc.assert(
    fc.property(documents, repeats, fc.constantFrom(undefined, 1), (document, times, indent) => {
      const text = JSON.stringify(document, undefined, indent);
      for (let n = 0; n < times; n += 1) {
        const record = recordFromJson(text, shaped);
        assert.equal(record.message, 'text');
        assert.deepEqual(JSON.parse(record.logrec), JSON.parse(JSON.stringify(expected(document))));
        assert.ok(!record.logrec.includes('\n'));
      }
    }),
  );
});
