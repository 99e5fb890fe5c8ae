import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isTimeZone, LocalPeriods } from './local-time.ts';
import type { Period } from './store.ts';

const seconds = (text: string) => Date.parse(text) / 1000;
const FIRST = seconds('1880-01-01T00:00:00Z');
const LAST = seconds('2100-01-01T00:00:00Z');

/** The rule in words of Temporal: the later of two instants; in a gap the instant at which the clocks jump. */
function expected(zone: string, period: Period, second: number): number {
  const time = Temporal.Instant.fromEpochMilliseconds(second * 1000).toZonedDateTimeISO(zone);
  const local = time.toPlainDateTime().round({ smallestUnit: period, roundingMode: 'floor' });
  const later = local.toZonedDateTime(zone, { disambiguation: 'later' });
  if (later.toPlainDateTime().equals(local)) return later.epochMilliseconds / 1000;
  const jump = local.toZonedDateTime(zone, { disambiguation: 'earlier' }).getTimeZoneTransition('next');
  assert.ok(jump !== null);
  return jump.epochMilliseconds / 1000;
}

function startOf(zone: string, period: Period, second: number): number {
  return new LocalPeriods(zone, period, second, second).startOf(second);
}

const zones = [...Intl.supportedValuesOf('timeZone'), 'UTC', 'Etc/GMT+12', 'Etc/GMT-14', 'europe/berlin'];
const anyZone = fc.constantFrom(...zones);
const anyPeriod = fc.constantFrom<Period>('hour', 'day');
const anySecond = fc.integer({ min: FIRST, max: LAST });

/** Instants within two days of a change of the clocks, where mistakes live. */
const nearChange = fc
  .record({ zone: anyZone, second: anySecond, away: fc.integer({ min: -180_000, max: 180_000 }) })
  .map(({ zone, second, away }) => {
    const time = Temporal.Instant.fromEpochMilliseconds(second * 1000).toZonedDateTimeISO(zone);
    const change = time.getTimeZoneTransition('next');
    return { zone, second: Math.floor((change?.epochMilliseconds ?? second * 1000) / 1000) + away };
  });

describe('local hours and days', () => {
  test('any instant in any zone', () => {
    fc.assert(
      fc.property(anyZone, anyPeriod, anySecond, (zone, period, second) => {
        assert.equal(startOf(zone, period, second), expected(zone, period, second));
      }),
      { numRuns: 1500 },
    );
  });

  test('instants near a change of the clocks', () => {
    fc.assert(
      fc.property(nearChange, anyPeriod, ({ zone, second }, period) => {
        assert.equal(startOf(zone, period, second), expected(zone, period, second));
      }),
      { numRuns: 2500 },
    );
  });

  test('many instants of one object, in any order', () => {
    fc.assert(
      fc.property(anyZone, anyPeriod, fc.array(anySecond, { maxLength: 10 }), (zone, period, instants) => {
        const periods = new LocalPeriods(zone, period, FIRST, LAST);
        const found = instants.map((second) => periods.startOf(second));
        assert.deepEqual(
          found,
          instants.map((second) => expected(zone, period, second)),
        );
      }),
      { numRuns: 200 },
    );
  });

  for (const [what, zone, period, instant, start] of [
    // Clocks went back from 3:00 to 2:00 local at 1:00 UTC: both hours are the group of the later one.
    ['first of a doubled hour', 'Europe/Berlin', 'hour', '2024-10-27T00:30:00Z', '2024-10-27T01:00:00Z'],
    ['second of a doubled hour', 'Europe/Berlin', 'hour', '2024-10-27T01:30:00Z', '2024-10-27T01:00:00Z'],
    ['the hour before', 'Europe/Berlin', 'hour', '2024-10-26T23:59:59Z', '2024-10-26T23:00:00Z'],
    ['a day of 25 hours', 'Europe/Berlin', 'day', '2024-10-27T22:59:59Z', '2024-10-26T22:00:00Z'],
    ['a day of 23 hours', 'Europe/Berlin', 'day', '2024-03-31T21:59:59Z', '2024-03-30T23:00:00Z'],
    ['after a jump', 'Europe/Berlin', 'hour', '2024-03-31T01:10:00Z', '2024-03-31T01:00:00Z'],
    // Half an hour: 2:00 is followed by 2:30.
    ['a half hour cut off', 'Australia/Lord_Howe', 'hour', '2024-10-05T15:40:00Z', '2024-10-05T15:30:00Z'],
    // 2:00 local becomes 1:30: the hour from 1:00 goes on for 90 minutes, and its 1:00 occurs once.
    ['a half hour doubled', 'Australia/Lord_Howe', 'hour', '2024-04-06T15:20:00Z', '2024-04-06T14:00:00Z'],
    ['midnight skipped', 'America/Sao_Paulo', 'day', '2018-11-04T12:00:00Z', '2018-11-04T03:00:00Z'],
    ['midnight doubled', 'America/Havana', 'day', '2024-11-03T12:00:00Z', '2024-11-03T05:00:00Z'],
    ['behind a skipped day', 'Pacific/Apia', 'day', '2011-12-30T20:00:00Z', '2011-12-30T10:00:00Z'],
    ['three quarters', 'Asia/Kathmandu', 'day', '2024-01-01T00:00:00Z', '2023-12-31T18:15:00Z'],
    ['seconds', 'Africa/Monrovia', 'hour', '1971-06-01T00:44:29Z', '1971-05-31T23:44:30Z'],
  ] as const) {
    test(`${what}: ${zone} ${instant}`, () => {
      const found = startOf(zone, period, seconds(instant));
      assert.equal(new Date(found * 1000).toISOString(), new Date(start).toISOString());
    });
  }

  test('years 1 and 9999 in one object cost no search through all changes in between', () => {
    const periods = new LocalPeriods('Europe/Berlin', 'hour', -62_135_596_800, 253_402_300_799);
    const started = performance.now();
    for (let second = FIRST; second < FIRST + 900 * 50_000; second += 900) periods.startOf(second);
    // 10 ms where it was written; a second with a search from the end.
    assert.ok(performance.now() - started < 400);
    assert.equal(periods.startOf(-62_135_596_800), expected('Europe/Berlin', 'hour', -62_135_596_800));
    assert.equal(periods.startOf(253_402_300_799), expected('Europe/Berlin', 'hour', 253_402_300_799));
  });
});

test('names of zones', () => {
  for (const name of ['UTC', 'utc', 'Europe/Berlin', 'EUROPE/berlin', 'Etc/GMT+5', 'Australia/Lord_Howe']) {
    assert.equal(isTimeZone(name), true, name);
  }
  for (const name of [
    '',
    '+02:00',
    '-0230',
    'Mars/Olympus',
    'Europe/Berlin ',
    'Europe/Berlin\0',
    '../UTC',
    'é',
  ]) {
    assert.equal(isTimeZone(name), false, name);
  }
});
