const DECIMAL = /^[0-9]$/;
const BASES: Readonly<Record<string, RegExp>> = { '0x': /^[0-9a-fA-F]$/, '0o': /^[0-7]$/, '0b': /^[01]$/ };
const ZEROS = /^0+$/;
/** Turning a larger number to decimal takes seconds; it stays the text it is. Decimal ones need no turning. */
const MAX_BASED_LENGTH = 50_000;

/** A number of Python: the digits of an integer, exact, a float, or a complex number. */
export type PythonNumber =
  | { readonly type: 'int'; readonly digits: string }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'complex'; readonly real: number; readonly imaginary: number };

/** The unsigned number that begins at `from`, and where it ends, by Python's lexical analysis. */
export function readPythonNumber(
  text: string,
  from: number,
): { readonly number: PythonNumber; readonly end: number } | undefined {
  const base = BASES[text.slice(from, from + 2).toLowerCase()];
  if (base !== undefined) return readBased(text, from, base);
  const whole = skipDigits(text, from, DECIMAL);
  let end = whole;
  let isFraction = false;
  if (text[end] === '.') {
    end = skipDigits(text, end + 1, DECIMAL);
    // A point alone is no number.
    if (end === from + 1) return undefined;
    isFraction = true;
  }
  if (end === from) return undefined;
  const exponent = skipExponent(text, end);
  isFraction ||= exponent > end;
  end = exponent;
  const digits = text.slice(from, end).replaceAll('_', '');
  if (text[end] === 'j' || text[end] === 'J') {
    return { number: { type: 'complex', real: 0, imaginary: Number(digits) }, end: end + 1 };
  }
  if (isFraction) return { number: { type: 'float', value: Number(digits) }, end };
  if (!digits.startsWith('0')) return { number: { type: 'int', digits }, end };
  // 00 is zero, 07 an error.
  return ZEROS.test(digits) ? { number: { type: 'int', digits: '0' }, end } : undefined;
}

function readBased(text: string, from: number, digit: RegExp) {
  const start = from + 2;
  const end = skipDigits(text, text[start] === '_' ? start + 1 : start, digit);
  if (end === start || text[end - 1] === '_' || end - start > MAX_BASED_LENGTH) return undefined;
  const digits = text.slice(from, end).replaceAll('_', '').toLowerCase();
  return { number: { type: 'int', digits: BigInt(digits).toString() } as const, end };
}

/** Digits with single underscores between them. */
function skipDigits(text: string, from: number, digit: RegExp): number {
  let at = from;
  while (digit.test(text[at] ?? '')) {
    at += 1;
    if (text[at] === '_' && digit.test(text[at + 1] ?? '')) at += 1;
  }
  return at;
}

function skipExponent(text: string, from: number): number {
  if (text[from] !== 'e' && text[from] !== 'E') return from;
  const sign = text[from + 1];
  const start = sign === '+' || sign === '-' ? from + 2 : from + 1;
  const end = skipDigits(text, start, DECIMAL);
  return end === start ? from : end;
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
function floatText(value: number): string {
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
