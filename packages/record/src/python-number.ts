const DIGITS = '[0-9](?:_?[0-9])*';
const FRACTION = `(?:${DIGITS}\\.(?:${DIGITS})?|\\.${DIGITS})`;
const EXPONENT = `(?:[eE][+-]?${DIGITS})`;
/** The numeric literals of Python's lexical analysis: a fraction or exponent or `j`, else an integer in one of four bases. */
const NUMBER = new RegExp(
  `(?:(?<float>${FRACTION}${EXPONENT}?|${DIGITS}${EXPONENT})(?<imaginary>[jJ])?|(?<whole>${DIGITS})[jJ]` +
    '|(?<based>0(?:[xX](?:_?[0-9a-fA-F])+|[oO](?:_?[0-7])+|[bB](?:_?[01])+))' +
    '|(?<int>0(?:_?0)*|[1-9](?:_?[0-9])*))',
  'y',
);
/** Turning a larger number to decimal takes seconds; it stays the text it is. Decimal ones need no turning. */
const MAX_BASED_LENGTH = 50_000;

/** A number of Python: the digits of an integer, exact, a float, or a complex number. */
export type PythonNumber =
  | { readonly type: 'int'; readonly digits: string }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'complex'; readonly real: number; readonly imaginary: number };

/** The unsigned number that begins at `from`, and where it ends. */
export function readPythonNumber(
  text: string,
  from: number,
): { readonly number: PythonNumber; readonly end: number } | undefined {
  NUMBER.lastIndex = from;
  const groups = NUMBER.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const end = NUMBER.lastIndex;
  const number = toNumber(groups);
  return number === undefined ? undefined : { number, end };
}

function toNumber(groups: Record<string, string | undefined>): PythonNumber | undefined {
  const { float, imaginary, whole, based, int } = groups;
  const fraction = float ?? whole;
  if (fraction !== undefined) {
    const value = Number(fraction.replaceAll('_', ''));
    if (imaginary === undefined && whole === undefined) return { type: 'float', value };
    return { type: 'complex', real: 0, imaginary: value };
  }
  if (int !== undefined) {
    const digits = int.replaceAll('_', '');
    return { type: 'int', digits: digits.startsWith('0') ? '0' : digits };
  }
  if (based === undefined || based.length > MAX_BASED_LENGTH) return undefined;
  return { type: 'int', digits: BigInt(based.replaceAll('_', '').toLowerCase()).toString() };
}

export function negate(number: PythonNumber): PythonNumber {
  switch (number.type) {
    case 'int':
      return number.digits === '0' ? number : { type: 'int', digits: `-${number.digits}` };
    case 'float':
      return { type: 'float', value: -number.value };
    case 'complex':
      return { type: 'complex', real: -number.real, imaginary: -number.imaginary };
  }
}

/** `left + right` or `left - right` as literals have it: a real number and an imaginary one. */
export function addImaginary(
  left: PythonNumber,
  sign: '+' | '-',
  right: PythonNumber,
): PythonNumber | undefined {
  if (left.type === 'complex' || right.type !== 'complex') return undefined;
  const real = left.type === 'int' ? Number(left.digits) : left.value;
  // Python cannot turn so large an integer into a float.
  if (left.type === 'int' && !Number.isFinite(real)) return undefined;
  return { type: 'complex', real, imaginary: sign === '+' ? right.imaginary : -right.imaginary };
}

/** The number as JSON; JSON has no infinities and no complex numbers, the former are texts here. */
export function numberToJson(number: PythonNumber): string | undefined {
  if (number.type === 'int') return number.digits;
  if (number.type === 'complex') return undefined;
  return Number.isFinite(number.value) ? floatText(number.value) : `"${number.value}"`;
}

/** Equal numbers of Python, 1 and 1.0 and 1+0j, have the same text here, others have not. */
export function numberIdentity(number: PythonNumber): string {
  if (number.type === 'int') return number.digits;
  if (number.type === 'complex') {
    if (number.imaginary !== 0) return `${number.real + 0},${number.imaginary}`;
    return numberIdentity({ type: 'float', value: number.real });
  }
  return Number.isInteger(number.value) ? BigInt(number.value).toString() : String(number.value);
}

/** A finite float as Python's `repr` prints it: the shortest digits that read back the same, and always a float. */
export function floatText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const [mantissa = '', exponentText = ''] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 16) {
    const text =
      exponent < 0 ? value.toFixed(mantissa.replace(/[-.]/g, '').length - 1 - exponent) : String(value);
    return text.includes('.') ? text : `${text}.0`;
  }
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
