import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatTimestamp, microsecondsFromSeconds, parseTimestamp } from './timestamp.ts';

test('a timestamp prints as Python prints a datetime, with the fraction only where there is one', () => {
  const cases: [number, string][] = [
    [0, '1970-01-01 00:00:00+00:00'],
    [1_700_000_000_123_456, '2023-11-14 22:13:20.123456+00:00'],
    [1_700_000_000_000_001, '2023-11-14 22:13:20.000001+00:00'],
    [-1_500_000, '1969-12-31 23:59:58.500000+00:00'],
    [-62_135_596_800_000_000, '0001-01-01 00:00:00+00:00'],
    [253_402_300_799_000_000, '9999-12-31 23:59:59+00:00'],
    [951_782_400_000_000, '2000-02-29 00:00:00+00:00'],
  ];
  for (const [ts, text] of cases) assert.equal(formatTimestamp(ts), text);
});

test('formatting agrees with Date and reads back', () => {
  const first = Date.UTC(1700, 0, 1) * 1000;
  const last = Date.UTC(2250, 0, 1) * 1000;
  fc.assert(
    fc.property(fc.integer({ min: first, max: last }), (ts) => {
      const text = formatTimestamp(ts);
      const iso = new Date(Math.floor(ts / 1000)).toISOString();
      assert.equal(text.slice(0, 19), iso.slice(0, 19).replace('T', ' '));
      assert.equal(parseTimestamp(text.replace(' ', 'T')), ts);
    }),
  );
});

test('every whole second of the calendar reads back, the first and the last year included', () => {
  fc.assert(
    fc.property(fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }), (second) => {
      const text = formatTimestamp(second * 1e6).replace(' ', 'T');
      assert.equal(parseTimestamp(text), second * 1e6);
    }),
  );
});

test('RFC 3339 is read in all its forms', () => {
  const due = Date.UTC(2023, 10, 14, 22, 20) * 1000;
  for (const text of [
    '2023-11-14T22:20:00Z',
    '2023-11-14t22:20:00z',
    '2023-11-14T22:20:00.000Z',
    '2023-11-14T22:20:00+00:00',
    '2023-11-14T22:20:00-00:00',
    '2023-11-14T23:20:00+01:00',
    '2023-11-15T03:50:00+05:30',
    '2023-11-14T18:20:00-04:00',
  ]) {
    assert.equal(parseTimestamp(text), due, text);
  }
  assert.equal(parseTimestamp('2023-11-14T22:20:00.250001Z'), due + 250_001);
  assert.equal(parseTimestamp('2023-11-14T22:20:00.2Z'), due + 200_000);
  assert.equal(parseTimestamp('2023-11-14T22:20:00.2500019999Z'), due + 250_001);
  assert.equal(parseTimestamp('2024-02-29T00:00:00Z'), Date.UTC(2024, 1, 29) * 1000);
});

test('what is no RFC 3339 date-time is not read', () => {
  for (const text of [
    '',
    'now',
    '1700000400',
    '2023-11-14',
    '2023-11-14T22:20:00',
    '2023-11-14 22:20:00Z',
    '2023-W46-2T22:20:00Z',
    '2023-02-29T00:00:00Z',
    '2023-02-30T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2023-00-10T00:00:00Z',
    '2023-13-10T00:00:00Z',
    '2023-11-00T00:00:00Z',
    '2023-11-31T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '2023-11-14T24:00:00Z',
    '2023-11-14T22:60:00Z',
    '2023-11-14T22:20:60Z',
    '2023-11-14T22:20:00.Z',
    '2023-11-14T22:20:00+24:00',
    '2023-11-14T22:20:00+01:60',
    '2023-11-14T22:20:00+0100',
    '2023-11-14T22:20Z',
    '2023-11-14T22:20:00Z\n',
    ' 2023-11-14T22:20:00Z',
  ]) {
    assert.equal(parseTimestamp(text), undefined, text);
  }
});

test('seconds round to the microsecond, half to even, with the fraction split off first', () => {
  // Values as datetime.fromtimestamp of CPython gives them.
  assert.equal(microsecondsFromSeconds(1_700_000_000.123456), 1_700_000_000_123_456);
  assert.equal(microsecondsFromSeconds(1_795_226_483.8851058), 1_795_226_483_885_106);
  assert.equal(microsecondsFromSeconds(0.0000005), 0);
  assert.equal(microsecondsFromSeconds(0.0000015), 2);
  assert.equal(microsecondsFromSeconds(0.0000025), 2);
  assert.equal(microsecondsFromSeconds(-0.0000015), -2);
  assert.equal(microsecondsFromSeconds(0.9999996), 1_000_000);
  assert.equal(microsecondsFromSeconds(-1.5), -1_500_000);
});

test('years that a timestamp cannot have are refused by their number', () => {
  const cases: [number, string][] = [
    [1e12, 'year 33658 is out of range'],
    [253_402_300_800, 'year 10000 is out of range'],
    [-62_135_596_801, 'year 0 is out of range'],
    [1e308, 'created is out of range'],
    [Number.POSITIVE_INFINITY, 'created is out of range'],
  ];
  for (const [seconds, message] of cases) {
    assert.throws(() => microsecondsFromSeconds(seconds), { type: 'ValueError', message });
  }
  assert.equal(
    formatTimestamp(microsecondsFromSeconds(253_402_300_799.99997)).slice(0, 20),
    '9999-12-31 23:59:59.',
  );
});
