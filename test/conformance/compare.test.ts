import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson } from '../lossless-json.ts';
import { difference } from './compare.ts';
import { headerDifference } from './compare-headers.ts';

const equal: readonly [due: string, got: string][] = [
  ['{"a": 1, "b": [true, null]}', '{"b": [true, null], "a": 1}'],
  ['123456789012345678901234567890', '123456789012345678901234567890'],
  ['0.1', '0.1000000000000000055511151231257827'],
  ['1e3', '1000'],
  ['1e22', '10000000000000000000000'],
  ['"*"', '"any text"'],
  ['"*id"', '9007199254740993'],
  ['"*any"', 'null'],
  ['["*any"]', '[{"a": []}]'],
  ['{"*ids": 3}', '[7, 8, 12]'],
  ['{"*ids": 0}', '[]'],
  ['{"__proto__": 1}', '{"__proto__": 1}'],
  [String.raw`"\ud800"`, String.raw`"\ud800"`],
  ['"*starred"', '"*starred"'],
];

const different: readonly [due: string, got: string][] = [
  ['{"a": 1}', '{"a": 1, "b": 2}'],
  ['{"a": 1, "b": 2}', '{"a": 1}'],
  ['{"a": null}', '{}'],
  ['{}', '[]'],
  ['[1, 2]', '[2, 1]'],
  ['[1]', '[1, 1]'],
  ['[]', '{}'],
  ['123456789012345678901234567890', '123456789012345678901234567891'],
  ['9007199254740993', '9007199254740992'],
  ['1', '1.0'],
  ['1', '"1"'],
  ['1', 'true'],
  ['0.1', '0.10000000000000002'],
  ['1.5', '"1.5"'],
  ['null', 'false'],
  ['"*"', '""'],
  ['"*"', '5'],
  ['"*id"', '0'],
  ['"*id"', '1.5'],
  ['"*id"', '"1"'],
  ['{"*ids": 2}', '[1]'],
  ['{"*ids": 2}', '[2, 1]'],
  ['{"*ids": 2}', '[1, 1]'],
  ['{"*ids": 2}', '[1, "2"]'],
  ['{"*ids": 1}', '{"*ids": 1}'],
  ['{"toString": 1}', '{}'],
  ['"a"', '"A"'],
];

for (const [due, got] of equal) {
  test(`${got} is what ${due} asks for`, () => {
    assert.equal(difference(parseJson(due), parseJson(got)), undefined);
  });
}

for (const [due, got] of different) {
  test(`${got} is not what ${due} asks for`, () => {
    assert.equal(typeof difference(parseJson(due), parseJson(got)), 'string');
  });
}

test('a difference says where it is', () => {
  const found = difference(parseJson('{"a": [{"b": 1}]}'), parseJson('{"a": [{"b": 2}]}'));
  assert.equal(found, 'the body.a[0].b: due 1, got 2');
});

const address = 'http://127.0.0.1:8080';
const cookie = 'Jwt=*; HttpOnly; Path=/; SameSite=strict';

const sameHeaders: readonly [name: string, due: string, got: string | string[]][] = [
  ['content-type', 'application/json', 'application/json; charset=utf-8'],
  ['location', '/ui/', 'http://127.0.0.1:8080/ui/'],
  ['x-record-count', '', ''],
  ['x-version', '*', '1.0.0'],
  ['set-cookie', cookie, ['other=1', 'Jwt=a.b.c; path=/; samesite=Strict; httponly']],
  ['access-control-allow-origin', '*', '*'],
];

const otherHeaders: readonly [name: string, due: string, got: string | string[] | undefined][] = [
  ['content-type', 'application/json', 'text/html'],
  ['location', '/ui/', '/ui'],
  ['x-record-count', '', undefined],
  ['x-record-count', '1', '1, 2'],
  ['x-version', '*', ''],
  ['set-cookie', cookie, ['Jwt=; HttpOnly; Path=/; SameSite=strict']],
  ['set-cookie', cookie, ['Jwt=a.b.c; HttpOnly; Path=/']],
  ['set-cookie', cookie, ['Jwt=a.b.c; HttpOnly; Path=/; SameSite=strict; Domain=example.org']],
  ['access-control-allow-origin', '*', 'http://example.org'],
];

for (const [name, due, got] of sameHeaders) {
  test(`the header ${name}: ${got} is what ${due} asks for`, () => {
    assert.equal(headerDifference({ [name]: due }, { [name]: got }, address), undefined);
  });
}

for (const [name, due, got] of otherHeaders) {
  test(`the header ${name}: ${got} is not what ${due} asks for`, () => {
    assert.equal(typeof headerDifference({ [name]: due }, { [name]: got }, address), 'string');
  });
}
