import { divideHalfEven, formatDecimal, parseDecimal, rescale } from './decimal.js';

/** An amount of money: 10^-9 USD. Sums of it are exact. */
export type NanoUsd = bigint;

/**
 * A price: 10^-12 USD per million tokens. Times a number of tokens it is an exact amount in atto-USD (10^-18).
 */
export type PicoUsdPerMillion = bigint;

/** The exact product of tokens and a price: 10^-18 USD. Parts of a call are summed in it and rounded once. */
export type AttoUsd = bigint;

const NANO_USD_SCALE = 9;
const SHOWN_SCALE = 6;

/** `null` for text that is no amount. `"0.00131"`, `1.5e-7` and `-2` are amounts. */
export function parseNanoUsd(value: string | number | bigint): NanoUsd | null {
  return parseDecimal(value, NANO_USD_SCALE)?.units ?? null;
}

/** What people see: 6 decimals, plain notation, half-even. `1310000n` is `0.001310`. */
export function formatUsd(amount: NanoUsd): string {
  return formatDecimal(rescale(amount, NANO_USD_SCALE, SHOWN_SCALE), SHOWN_SCALE);
}

/** The `cost_usd…` figure of a file: `formatUsd` as a number. Derived for people, never summed. */
export function usdNumber(amount: NanoUsd): number {
  return Number(formatUsd(amount));
}

/** `null` when the text is no decimal number. `exact` is false when digits beyond 12 decimals were rounded. */
export function parsePricePerMillion(
  value: string | number | bigint,
): { price: PicoUsdPerMillion; exact: boolean } | null {
  const parsed = parseDecimal(value, 12);
  return parsed && { price: parsed.units, exact: parsed.exact };
}

/** As `parsePricePerMillion`, of a price that is given per thousand tokens. */
export function parsePricePerThousand(
  value: string | number | bigint,
): { price: PicoUsdPerMillion; exact: boolean } | null {
  const parsed = parseDecimal(value, 15);
  return parsed && { price: parsed.units, exact: parsed.exact };
}

export function tokensTimesPrice(tokens: number, price: PicoUsdPerMillion): AttoUsd {
  return BigInt(tokens) * price;
}

/** The one rounding of a call: half-even, at most half a nano-USD from the exact product. */
export function roundToNanoUsd(amount: AttoUsd): NanoUsd {
  return divideHalfEven(amount, 1_000_000_000n);
}
