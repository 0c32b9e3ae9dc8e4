import { formatDecimal, parseDecimal } from '@budget/core';

/** What a price is given for. */
export type PriceUnit = 'token' | '1k' | '1M';

const TOKENS_IN = { token: 0, '1k': 3, '1M': 6 } as const;

// Beyond the 12 decimals of a price, so that a price per token keeps all its digits.
const SCALE = 30;

/**
 * A price per token, per 1,000 or per 1,000,000 tokens in another of these units, exactly: decimal text in and out.
 *
 * @throws RangeError when the price is no decimal number.
 */
export function convertPrice(price: string | number | bigint, from: PriceUnit, to: PriceUnit): string {
  const parsed = parseDecimal(price, SCALE - TOKENS_IN[from]);
  if (parsed === null) throw new RangeError(`A price is a decimal number, not ${JSON.stringify(String(price))}.`);
  const text = formatDecimal(parsed.units, SCALE - TOKENS_IN[to]);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
