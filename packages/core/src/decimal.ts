/**
 * Decimal text to scaled integers and back, exactly. Money never passes through a float sum: a float is only
 * ever read by its shortest round-trip text, which is what the person or program who wrote it meant.
 */

export interface ScaledInteger {
  /** The value times 10^scale, rounded half-even. */
  readonly units: bigint;
  /** False when digits beyond the scale were rounded away. */
  readonly exact: boolean;
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

// 10^400 is far beyond any amount; the bound keeps a hostile exponent from making a number of a billion digits.
const MAX_EXPONENT = 400;

/** `null` for text that is no decimal number, has more than 1,000 characters or an exponent beyond ±400. */
export function parseDecimal(value: string | number | bigint, scale: number): ScaledInteger | null {
  const text = typeof value === 'string' ? value.trim() : String(value);
  if (text.length > 1000) return null;
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, sign, whole = '', fraction = '', exponentText = '0'] = match;
  if (whole === '' && fraction === '') return null;
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > MAX_EXPONENT) return null;
  const digits = BigInt(whole + fraction);
  const shift = exponent - fraction.length + scale;
  const magnitude = shift >= 0 ? digits * 10n ** BigInt(shift) : divideHalfEven(digits, 10n ** BigInt(-shift));
  const exact = shift >= 0 || digits % 10n ** BigInt(-shift) === 0n;
  return { units: sign === '-' ? -magnitude : magnitude, exact };
}

/** Rounds a quotient to the nearest integer, a tie to the even one. `divisor` > 0. */
export function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  if (divisor <= 0n) throw new RangeError(`The divisor must be positive, not ${divisor}.`);
  const negative = dividend < 0n;
  const magnitude = negative ? -dividend : dividend;
  const quotient = magnitude / divisor;
  const twiceRemainder = (magnitude % divisor) * 2n;
  const roundUp = twiceRemainder > divisor || (twiceRemainder === divisor && quotient % 2n === 1n);
  const rounded = roundUp ? quotient + 1n : quotient;
  return negative ? -rounded : rounded;
}

/** `formatDecimal(-1234567n, 6)` is `-1.234567`: plain notation, always `scale` digits after the point. */
export function formatDecimal(units: bigint, scale: number): string {
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const text = scale === 0 ? whole : `${whole}.${digits.slice(digits.length - scale)}`;
  return negative ? `-${text}` : text;
}

/** As `formatDecimal` without needless zeros: `shortDecimal(2500000n, 6)` is `2.5`. */
export function shortDecimal(units: bigint, scale: number): string {
  const text = formatDecimal(units, scale);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** From one scale to a smaller one, half-even: nano-USD (9) to micro-USD (6). */
export function rescale(units: bigint, fromScale: number, toScale: number): bigint {
  return toScale >= fromScale
    ? units * 10n ** BigInt(toScale - fromScale)
    : divideHalfEven(units, 10n ** BigInt(fromScale - toScale));
}
