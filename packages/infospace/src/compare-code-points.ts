const HALF_OF_A_PAIR = /[\ud800-\udfff]/;

/** By code point, as Python sorts. JavaScript's own order is by UTF-16 unit, which differs only beside surrogate pairs. */
export function compareCodePoints(a: string, b: string): number {
  if (HALF_OF_A_PAIR.test(a) || HALF_OF_A_PAIR.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}
