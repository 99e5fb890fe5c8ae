import type { RowBinaryReader } from './row-binary.ts';

/**
 * What stands in a form in place of a value: `%s` a string as JSON.stringify writes it, `%a` one in ASCII, `%d` a whole
 * number, `%g` a fraction in its shortest digits, `%.3f` one with so many, `%b` true or false; `%d[, ]` an array of whole
 * numbers with that between them, `%s[,]` and `%a[,]` arrays of strings.
 */
export type Hole = `%${string}`;

/** A value as a subcolumn gives it back; undefined where there is none of its type. */
export type Value = string | number | bigint | boolean | readonly Value[] | undefined;

/** What a hole is filled with. */
export interface Filling {
  /** The hole's length in the form. */
  readonly length: number;
  /** The type of the value in ClickHouse. */
  readonly type: string;
  readonly read: Read;
  /** Writes a value as JSON. */
  readonly write: (value: Value) => string;
}

type Read = (row: RowBinaryReader) => Value;

/** A hole at the beginning of a text. */
const HOLE = /^%(?:([sad])\[(, ?)\]|([sadgb])|\.(\d{1,2})f)/;

const STRING = { type: 'String', read: (row: RowBinaryReader) => row.text() };
const FRACTION = { type: 'Float64', read: (row: RowBinaryReader) => row.float64() };
const AS_STRING = { ...STRING, write: (value: Value) => JSON.stringify(value) };
const AS_IT_IS = (value: Value) => String(value);

const SCALARS: Readonly<Record<string, Omit<Filling, 'length'>>> = {
  s: AS_STRING,
  a: { ...STRING, write: (value) => asciiJson(JSON.stringify(value)) },
  d: { type: 'Int64', read: (row) => row.exactInt64(), write: AS_IT_IS },
  g: { ...FRACTION, write: AS_IT_IS },
  b: { type: 'Bool', read: (row) => row.bool(), write: AS_IT_IS },
};

/** The filling of the hole with which a text begins; undefined where it is none. */
export function fillingOf(text: string): Filling | undefined {
  const [hole, elements, separator, scalar, decimals] = HOLE.exec(text) ?? [];
  if (hole === undefined) return undefined;
  const { length } = hole;
  if (decimals !== undefined) {
    const digits = Number(decimals);
    return {
      length,
      ...FRACTION,
      read: orNone(FRACTION.read),
      write: (value) => Number(value).toFixed(digits),
    };
  }
  const filling = SCALARS[scalar ?? elements ?? ''] ?? AS_STRING;
  if (elements === undefined) return { length, ...filling, read: orNone(filling.read) };
  const { type, read, write } = filling;
  return {
    length,
    type: `Array(Nullable(${type}))`,
    read: arrayOf(read),
    write: (value) => (Array.isArray(value) ? `[${value.map(write).join(separator)}]` : ''),
  };
}

/** A value of a Nullable type. */
function orNone(read: Read): Read {
  return (row) => (row.isNull() ? undefined : read(row));
}

/** A path without an array of this type reads as an empty one, which is never in a hole. */
function arrayOf(read: Read): Read {
  return (row) => {
    const elements: Value[] = [];
    const count = row.length();
    for (let left = count; left > 0; left--) {
      if (!row.isNull()) elements.push(read(row));
    }
    return elements.length === count && count > 0 ? elements : undefined;
  };
}

/** A JSON text with every character beyond ASCII escaped, as json.dumps of Python does. */
export function asciiJson(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
