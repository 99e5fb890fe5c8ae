/**
 * Floating point numbers as text with a fixed number of digits, as C and Python write them: rounded from the exact
 * binary value, a tie to the even digit. (JavaScript's own toFixed rounds ties up and knows at most 100 digits.)
 */

/** A finite number without its sign, as an exact fraction: `numerator / denominator`. */
type Fraction = { numerator: bigint; denominator: bigint };

function fractionOf(value: number): Fraction {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(value));
  const bits = view.getBigUint64(0);
  const biased = Number(bits >> 52n);
  const low = bits & 0xf_ffff_ffff_ffffn;
  const mantissa = biased === 0 ? low : low | (1n << 52n);
  const exponent = Math.max(biased, 1) - 1075;
  return exponent >= 0
    ? { numerator: mantissa << BigInt(exponent), denominator: 1n }
    : { numerator: mantissa, denominator: 1n << BigInt(-exponent) };
}

/** `value × 10^power`, rounded to a whole number, a tie to the even one. */
function scaled({ numerator, denominator }: Fraction, power: number): bigint {
  const over = power >= 0 ? numerator * 10n ** BigInt(power) : numerator;
  const under = power >= 0 ? denominator : denominator * 10n ** BigInt(-power);
  const quotient = over / under;
  const twice = (over - quotient * under) * 2n;
  const up = twice > under || (twice === under && quotient % 2n === 1n);
  return up ? quotient + 1n : quotient;
}

/** As `%f`, without the sign. With `point` there is a point even before no decimals. */
export function fixed(value: number, decimals: number, point: boolean): string {
  const digits = scaled(fractionOf(value), decimals)
    .toString()
    .padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  return joined(whole, digits.slice(digits.length - decimals), point);
}

/** As `%e`, without the sign. */
export function exponential(value: number, decimals: number, point: boolean): string {
  const { digits, exponent } = significant(value, decimals + 1);
  return joined(digits.slice(0, 1), digits.slice(1), point) + exponentText(exponent);
}

/** As `%g`, without the sign. With `alternate` it keeps zeros at the end, and the point. */
export function general(value: number, precision: number, alternate: boolean): string {
  const places = Math.max(1, precision);
  const { digits, exponent } = significant(value, places);
  const kept = alternate ? digits : digits.replace(/0+$/, '') || '0';
  if (exponent < -4 || exponent >= places) {
    return joined(kept.slice(0, 1), kept.slice(1), alternate) + exponentText(exponent);
  }
  if (exponent < 0) return joined('0', '0'.repeat(-exponent - 1) + kept, alternate);
  const whole = kept.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return joined(whole, kept.slice(exponent + 1), alternate);
}

function significant(value: number, places: number): { digits: string; exponent: number } {
  if (value === 0) return { digits: '0'.repeat(places), exponent: 0 };
  const fraction = fractionOf(value);
  // The shortest text of a number, which toExponential gives, may be that of the next power of ten.
  let exponent = Number(value.toExponential().split('e')[1]);
  if (isBelowPower(fraction, exponent)) exponent -= 1;
  const digits = scaled(fraction, places - 1 - exponent).toString();
  if (digits.length === places) return { digits, exponent };
  // Rounded up to the next power of ten.
  return { digits: digits.slice(0, places), exponent: exponent + 1 };
}

/** Whether a number is less than `10^exponent`. */
function isBelowPower({ numerator, denominator }: Fraction, exponent: number): boolean {
  return exponent >= 0
    ? numerator < denominator * 10n ** BigInt(exponent)
    : numerator * 10n ** BigInt(-exponent) < denominator;
}

function joined(whole: string, decimals: string, point: boolean): string {
  return decimals === '' && !point ? whole : `${whole}.${decimals}`;
}

function exponentText(exponent: number): string {
  return `e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
