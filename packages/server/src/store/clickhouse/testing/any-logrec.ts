import fc from 'fast-check';

const KEY = fc.oneof(
  { weight: 50, arbitrary: fc.string({ unit: fc.constantFrom('a', 'b', 'é', ' '), minLength: 1 }) },
  fc.string(),
);
const VALUES = [
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('2024-01-01', '2024-01-01 10:00:00', '7', 'true', 'NaN', '\\N', '%s'),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.integer().map((value) => value / 1024),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value > 0.5 ? value : 0.5)),
  fc.boolean(),
  fc.constant(null),
];

const PRINTERS = [
  (value: object) => JSON.stringify(value),
  (value: object) => JSON.stringify(value, undefined, 1).replaceAll('\n', ''),
  (value: object) => JSON.stringify(value).replaceAll('/', '\\/'),
  (value: object) => JSON.stringify(value).replace(/(?<=:)-?\d+(?=[,}])/g, '$&.50'),
  (value: object) =>
    JSON.stringify(value).replace(
      /[\u0080-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
];

/** Texts of JSON objects as different writers print them, most of them with keys that forms can have. */
export const anyLogrec = fc
  .tuple(
    fc.object({ key: KEY, values: VALUES, maxDepth: 3, withNullPrototype: false }),
    fc.constantFrom(...PRINTERS),
  )
  .map(([value, print]) => print(value));
