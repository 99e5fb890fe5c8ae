import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RecordError } from '@chronologer/record';
import fc from 'fast-check';
import { ApiError } from '../errors.ts';
import { StoreError } from '../store/store-error.ts';
import { errorAnswer, listAnswer, recordAnswer } from './answer.ts';
import { type Body, decode, isSingle } from './decode.ts';
import { type Line, LineReader } from './lines.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const LINE = '{"name": "n", "created": 1, "levelno": 20, "message": "m"}';
const body = (type: Body['type'], bytes: Uint8Array<ArrayBuffer>): Body => ({
  type,
  raw: false,
  now: 0,
  bytes,
});

/** The lines that are not blank. */
function linesOf(bytes: Uint8Array): Line[] {
  const found: Line[] = [];
  for (const reader = new LineReader(bytes); !reader.over; ) {
    const line = reader.next();
    if (line !== undefined) found.push(line);
  }
  return found;
}

describe('lines', () => {
  for (const [what, text, due] of [
    ['nothing', '', []],
    ['blank ones are counted, not given', '\n \n\t\r\n\r\na\n\n', [[5, 'a']]],
    [
      'CRLF',
      'a\r\nb\r\n',
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
    ['one carriage return is cut off, one inside is not', 'a\rb\r\r\n', [[1, 'a\rb\r']]],
    [
      'no newline at the end',
      'a\nb',
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
    ['a carriage return at the end', 'a\r', [[1, 'a']]],
    ['other line ends are none', 'a\u2028b\u0085c\vd', [[1, 'a\u2028b\u0085c\vd']]],
    ['NUL', '\0\n', [[1, '\0']]],
  ] as const) {
    test(what, () => {
      const found = linesOf(utf8(text)).map(({ number, text: line }) => [number, line]);
      assert.deepEqual(found, due);
    });
  }

  test('a line that is no UTF-8 harms none of its neighbours', () => {
    const bytes = new Uint8Array([...utf8('é\n'), 0xff, 0x0a, 0xed, 0xa0, 0x80, 0x0a, ...utf8('b')]);
    assert.deepEqual(linesOf(bytes), [
      { number: 1, text: 'é' },
      { number: 2, text: undefined },
      { number: 3, text: undefined },
      { number: 4, text: 'b' },
    ]);
  });

  test('a part of a larger buffer is read alone', () => {
    const buffer = utf8('xxa\nbxx');
    assert.deepEqual(
      linesOf(buffer.subarray(2, 5)).map(({ text }) => text),
      ['a', 'b'],
    );
  });

  test('any text: the same as by splitting', () => {
    const piece = fc.constantFrom('a', 'é', '\u{1f600}', '\n', '\r', '\r\n', ' ', '\t');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const text = pieces.join('');
        const due = text
          .split('\n')
          .map((line, index) => ({ number: index + 1, text: line.replace(/\r$/, '') }))
          .filter((line) => /[^ \t\r]/.test(line.text));
        assert.deepEqual(linesOf(utf8(text)), due);
      }),
      { numRuns: 500 },
    );
  });
});

describe('decoding', () => {
  const sizes = (text: string) =>
    [...decode(body('ndjson', utf8(text)))].map(({ records }) => records.length);

  test('NDJSON comes in chunks of 1,024 lines, blank ones not counted', () => {
    assert.deepEqual(sizes(''), []);
    assert.deepEqual(sizes(`${LINE}\n`.repeat(1024)), [1024]);
    assert.deepEqual(sizes(`${LINE}\n\n`.repeat(2050)), [1024, 1024, 2]);
  });

  test('what was yielded before a bad line stays good, and the line is named', () => {
    const chunks = decode(body('ndjson', utf8(`${`${LINE}\r\n`.repeat(1024)}\n${LINE}\n[]\n${LINE}`)));
    assert.equal(chunks.next().value?.records.length, 1024);
    assert.throws(
      () => chunks.next(),
      (error) => error instanceof RecordError && / on line 1027$/.test(error.message),
    );
  });

  for (const type of ['json', 'ndjson'] as const) {
    test(`${type} that is no UTF-8 is refused`, () => {
      assert.throws(() => [...decode(body(type, new Uint8Array([0x22, 0xff, 0x22])))], RecordError);
    });
  }

  test('whose answer is the record itself', () => {
    for (const [type, text, due] of [
      ['form', '[', true],
      ['json', ' \t\r\n{}', true],
      ['json', ' \t\r\n[]', false],
      ['json', '', true],
      ['json', '   ', true],
      ['ndjson', '{}', false],
    ] as const) {
      assert.equal(isSingle(body(type, utf8(text))), due, `${type} ${JSON.stringify(text)}`);
    }
  });
});

describe('answers', () => {
  const record = {
    name: 'a"\0\u2028',
    ts: -1,
    level: -5,
    message: '\u{1f600}\n',
    logrec: '{"data": {"n": 1e400}}',
  };

  test('a record, its logrec as it came', () => {
    const { status, body: text } = recordAnswer(record, 2 ** 53 - 1);
    assert.equal(status, 201);
    assert.ok(text.includes('"logrec": {"data": {"n": 1e400}}, "id": 9007199254740991}'));
    const { name, ts, level, message } = JSON.parse(text);
    const due = {
      name: record.name,
      ts: '1969-12-31 23:59:59.999999+00:00',
      level: -5,
      message: record.message,
    };
    assert.deepEqual({ name, ts, level, message }, due);
  });

  const http = new RecordError('HTTPError', 'Invalid JSON document on line 3');
  const value = new RecordError('ValueError', 'year 0 is out of range on line 3');
  const full = new StoreError('unavailable', 'The "disk" is full');
  for (const [what, ids, error, type, status, errorType] of [
    ['all stored', [1, 2], undefined, 'ndjson', 201, undefined],
    ['an empty list', [], undefined, 'json', 201, undefined],
    ['nothing stored, unreadable', [], http, 'ndjson', 400, 'HTTPError'],
    ['nothing stored, bad value', [], value, 'ndjson', 400, 'HTTPError'],
    ['nothing stored of an array, bad value', [], value, 'json', 400, 'ValueError'],
    ['nothing stored, store', [], full, 'ndjson', 503, 'StorageError'],
    ['nothing stored, bug', [], new ApiError('internal'), 'json', 500, 'InternalError'],
    ['a part, unreadable', [1], http, 'ndjson', 207, 'ValueError'],
    ['a part, bad value', [1], value, 'ndjson', 207, 'ValueError'],
    ['a part, store', [1], full, 'ndjson', 207, 'StorageError'],
  ] as const) {
    test(what, () => {
      const answer = listAnswer(ids, error, type);
      const parsed = JSON.parse(answer.body);
      assert.equal(answer.status, status);
      if (error === undefined) return assert.deepEqual(parsed, ids);
      const inner = status === 207 ? parsed.multistatus[1].body : parsed;
      if (status === 207) assert.deepEqual(parsed.multistatus[0], { status: 201, body: ids });
      assert.deepEqual(inner.error, { type: errorType, message: error.message });
    });
  }

  test('an error alone', () => {
    assert.deepEqual(
      [http, value, full].map((error) => errorAnswer(error).status),
      [400, 400, 503],
    );
  });
});
