import { parseDecimal, shortDecimal } from '@budget/core';

/** What a price is given for. */
export type PriceUnit = 'token' | '1k' | '1M';

const ZEROS: Readonly<Record<PriceUnit, number>> = { token: 0, '1k': 3, '1M': 6 };

/** Beyond the 12 decimals of a price, so that a price per token keeps all its digits. */
const SCALE = 30;

/**
 * A price per token, per 1,000 or per 1,000,000 tokens in another of these units, exactly: decimal text in and out.
 *
 * @throws RangeError when the price is no decimal number of at most 30 decimals per token, or the unit is none of these.
 */
export function convertPrice(price: string | number | bigint, from: PriceUnit, to: PriceUnit): string {
  for (const unit of [from, to]) {
    if (!Object.hasOwn(ZEROS, unit)) throw new RangeError(`A price is per token, 1k or 1M, not per ${unit}.`);
  }
  const parsed = parseDecimal(price, SCALE - ZEROS[from]);
  if (parsed === null || !parsed.exact) {
    throw new RangeError(`A price is a decimal number of at most ${SCALE} decimals per token, not ${String(price)}.`);
  }
  return shortDecimal(parsed.units, SCALE - ZEROS[to]);
}
