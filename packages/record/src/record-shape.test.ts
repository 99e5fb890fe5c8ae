import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ObjectReader } from './json-object.ts';
import { RecordError, recordsFromJson } from './mod.ts';
import { FIELD, fieldKind } from './record-fields.ts';
import { RecordShape } from './record-shape.ts';

const shaped = { raw: false, now: 0 };
const raw = { raw: true, now: 0 };
const DOCUMENT =
  '{"name": "shop", "msg": "hi\\n %s", "args": ["zoe", 1], "levelname": "INFO", "levelno": 20, "exc_info": null, ' +
  '"exc_text": null, "lineno": 7, "created": 1700000000.25, "taskName": null, "message": "hi \\u2603", "ok": true, ' +
  '"id": "x-1", "map": {"a": 1, "b": "c"}, "process": 1}';

function shapeOf(text: string): RecordShape {
  const reader = new ObjectReader(fieldKind);
  for (let n = 0; n < 2; n += 1) {
    reader.scanner.open(text);
    reader.read(0);
    reader.dropRepeated(FIELD.DROPPED);
  }
  const leads = reader.repeatedLeads();
  assert.ok(leads !== undefined);
  return new RecordShape(reader, leads);
}

/** Records of a batch are always read member by member. */
function readByMember(text: string, options: typeof raw): unknown {
  const records = recordsFromJson(`[${text}]`, options);
  return Array.isArray(records) ? records[0] : records;
}

function outcome(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof RecordError);
    return `${error.type} ${error.message.replace(/ in item 1$/, '')}`;
  }
}

const shape = shapeOf(DOCUMENT);

test('a record of a known shape is read like any other', () => {
  for (const options of [shaped, raw]) {
    assert.notEqual(shape.read(DOCUMENT, options), undefined);
    assert.deepEqual(shape.read(DOCUMENT, options), readByMember(DOCUMENT, options));
  }
});

test('other values of the same shape', () => {
  const string = fc.string({ unit: 'binary', maxLength: 10 });
  const values = fc.record({
    name: string,
    message: fc.option(string),
    id: string,
    lineno: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
    created: fc.double({ min: -1e11, max: 3e11, noNaN: true }),
    levelno: fc.integer({ min: -(2 ** 32), max: 2 ** 32 }),
    args: fc.array(fc.oneof(string, fc.integer(), fc.constant(null)), { maxLength: 3 }),
    map: fc.dictionary(string, fc.oneof(string, fc.boolean()), { maxKeys: 3 }),
    exc_text: fc.constantFrom(null, '', 'Traceback'),
  });
  let read = 0;
  const property = fc.property(values, (changes) => {
    const text = DOCUMENT.replace(/"(\w+)": ("(?:[^"\\]|\\.)*"|\[.*?\]|\{.*?\}|[^,}]+)/g, (member, key) =>
      key in changes ? `"${key}": ${JSON.stringify(changes[key as keyof typeof changes])}` : member,
    );
    const found = outcome(() => shape.read(text, shaped));
    if (found === undefined) return;
    read += 1;
    assert.deepEqual(
      found,
      outcome(() => readByMember(text, shaped)),
    );
  });
  fc.assert(property, { numRuns: 1000 });
  assert.ok(read > 300, `only ${read} were of the shape`);
});

test('a damaged text is of no shape, or read as an undamaged one is', () => {
  const damaged = fc
    .tuple(fc.nat(DOCUMENT.length), fc.nat(3), fc.constantFrom(...'{}[]":,\\0-+.eE nNtI\n\u0001\u2028x'))
    .map(([at, way, character]) => {
      if (way === 0) return DOCUMENT.slice(0, at);
      return DOCUMENT.slice(0, at) + (way === 1 ? '' : character) + DOCUMENT.slice(way === 3 ? at : at + 1);
    });
  fc.assert(
    fc.property(damaged, fc.constantFrom(shaped, raw), (text, options) => {
      const found = outcome(() => shape.read(text, options));
      if (found !== undefined)
        assert.deepEqual(
          found,
          outcome(() => readByMember(text, options)),
        );
    }),
    { numRuns: 5000 },
  );
});

test('a shape without the columns of a record reads raw documents alone', () => {
  const text = '{"x":1,"message":"m"}';
  assert.equal(shapeOf(text).read(text, shaped), undefined);
  assert.deepEqual(shapeOf(text).read(text, raw), { name: '', ts: 0, level: 20, message: 'm', logrec: text });
});

test('keys that mean something to regular expressions', () => {
  const text = '{"name":"n","created":1,"levelno":2,"message":"m","a.*(b":1,"\\\\d[":{}}';
  assert.deepEqual(shapeOf(text).read(text, shaped), readByMember(text, shaped));
  assert.equal(shapeOf(text).read(text.replace('a.*(b', 'a..(b'), shaped), undefined);
});
