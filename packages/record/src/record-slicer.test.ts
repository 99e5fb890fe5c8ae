import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type LogRecord, RecordError, RecordSlicer, recordFromJson } from './mod.ts';

const OPTIONS = { raw: false, now: 0 };

/** The records of a document by the slicer, undefined for those that it leaves to the readers of text. */
function slice(text: string): (LogRecord | undefined)[] {
  const slicer = new RecordSlicer();
  const bytes = new TextEncoder().encode(text);
  const target = Buffer.alloc(bytes.length + 64);
  slicer.open(bytes);
  const found: (LogRecord | undefined)[] = [];
  for (let at = 0; at < bytes.length; ) {
    const next = slicer.read(at);
    if (next === -1) {
      found.push(undefined);
      const newline = bytes.indexOf(0x0a, at);
      at = newline === -1 ? bytes.length : newline + 1;
      continue;
    }
    at = next;
    const { name, ts, level, messageText, messageStart, messageEnd } = slicer;
    const message = messageText ?? slicer.bytes.toString('utf8', messageStart, messageEnd);
    assert.ok(slicer.writeLogrec(target, 0) <= slicer.logrecRoom, 'there is room enough');
    const logrec = target.toString('utf8', 0, slicer.writeLogrec(target, 0));
    found.push({ name, ts, level, message, logrec });
  }
  return found;
}

/** What the reader of texts makes of a line. */
function read(line: string): LogRecord | undefined {
  try {
    return recordFromJson(line, OPTIONS);
  } catch (error) {
    if (error instanceof RecordError) return undefined;
    throw error;
  }
}

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
  fc.constantFrom('"\\ud800"', '"\\u0000"', '"a\\\\"', '"\\/"', '""'),
);
const anyNumber = fc.oneof(
  fc.integer().map(String),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map(String),
  fc.constantFrom('2147483647', '2147483648', '-5', '20.0', '999999999'),
  fc.constantFrom('0', '-0', '-0.0', '1e400', '9007199254740993', '123456789012345678901234567890'),
);
const anyValue = fc.oneof(
  anyText,
  anyNumber,
  fc.constantFrom('null', 'true', 'false', '[]', '{}', '[1, {"b": null}]', 'NaN', '[-Infinity]'),
);
/** Seconds as clients write them, up to seven decimals, and some that are not. */
const anyCreated = fc.oneof(
  fc.tuple(fc.nat(2 ** 32), fc.nat(9_999_999), fc.nat(7)).map(([seconds, fraction, decimals]) => {
    const digits = String(fraction).padStart(7, '0').slice(0, decimals);
    return digits === '' ? String(seconds) : `${seconds}.${digits}`;
  }),
  fc.double({ min: 0, max: 4e9, noNaN: true }).map(String),
  fc.constantFrom(
    '4294967295.999999',
    '4294967296.000001',
    '253402300799.999999',
    '253402300800',
    '-1.5',
    '1e9',
  ),
  anyValue,
);
const anyMember = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      'args',
      'pathname',
      'lineno',
      'process',
      'exc_info',
      'levelname',
      'user',
      'msg',
      'n\\u0061me',
    ),
    anyValue,
  ),
  fc.tuple(fc.constant('exc_text'), fc.oneof(fc.constantFrom('null', '""'), anyValue)),
  fc.tuple(fc.constant('message'), fc.oneof(anyText, anyText, anyValue)),
);
const anyMembers = fc.oneof(
  { weight: 4, arbitrary: fc.uniqueArray(anyMember, { maxLength: 6, selector: ([key]) => key }) },
  { weight: 1, arbitrary: fc.array(anyMember, { maxLength: 6 }) },
);
/** Mostly good, so that much is sliced. */
const columns = fc.tuple(
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom('"a"', '"shop.cart"', '"café"') },
    { weight: 1, arbitrary: anyValue },
  ),
  fc.oneof({ weight: 9, arbitrary: anyCreated }, { weight: 1, arbitrary: anyValue }),
  fc.oneof({ weight: 9, arbitrary: fc.nat(999).map(String) }, { weight: 1, arbitrary: anyValue }),
  anyValue,
);

test('what is sliced is what the reader of texts makes of it, whatever comes', () => {
  let sliced = 0;
  let lines = 0;
  const anyLine = fc
    .tuple(columns, anyMembers, fc.constantFrom(', ', ',', ' , '), fc.nat(9))
    .map(([[name, created, levelno, msg], members, comma, turn]) => {
      const own = [
        ['name', name],
        ['created', created],
        ['levelno', levelno],
        ['msg', msg],
      ] as const;
      const all = [...own.slice(turn % 4), ...members, ...own.slice(0, turn % 4)];
      const kept = turn === 9 ? all.slice(1) : all;
      return `{${kept.map(([key, value]) => `"${key}": ${value}`).join(comma)}}`;
    });
  const anyDocument = fc.tuple(
    fc.array(anyLine, { minLength: 1, maxLength: 8 }),
    fc.constantFrom('\n', '\r\n'),
  );
  fc.assert(
    fc.property(anyDocument, ([each, end]) => {
      // Twice: what was learnt of a shape must not change what is made of it.
      const document = [...each, ...each];
      slice(document.join(end)).forEach((record, index) => {
        lines++;
        if (record === undefined) return;
        sliced++;
        const line = document[index] ?? '';
        assert.deepEqual(record, read(line), line);
      });
    }),
    { numRuns: 3000 },
  );
  assert.ok(sliced > lines / 8, `${sliced} of ${lines} lines were sliced`);
});

test('records of one logger are all sliced', () => {
  const lines = Array.from({ length: 50 }, (_, n) =>
    JSON.stringify({
      name: n % 2 === 0 ? 'shop' : 'café',
      msg: 'hello %s',
      args: [n],
      levelname: 'INFO',
      levelno: 20,
      exc_info: null,
      exc_text: null,
      created: 1_700_000_000 + n / 7,
      message: n % 3 === 0 ? `hello "${n}"` : `hello ☃ ${n}`,
      user: n,
      nested: { a: [n] },
    }),
  );
  const found = slice(`${lines.join('\n')}\n`);
  assert.deepEqual(
    found,
    lines.map((each) => read(each)),
  );
  assert.ok(!found.includes(undefined));
});

test('what follows on the line, or a line that does not end, is left to the reader of texts', () => {
  const line = '{"name": "a", "created": 1, "levelno": 20, "msg": "m"}';
  const bad = [`${line} {}`, `${line}x`, line.slice(0, -1), line.replace(', ', ',\n'), `  ${line}`];
  for (const each of bad)
    assert.equal(slice(`${line}\n${each}\n${line}`)[1], undefined, JSON.stringify(each));
});
