import { type AttoUsd, type NanoUsd, type PicoUsdPerMillion, shortDecimal } from '@budget/core';
import { CALL_PARTS, type CallPart, type CallParts, callParts } from './call-parts.js';
import { economicNanoCost, exactCost, nanoCost } from './cost-of-parts.js';
import type { LongContextTier, Price, PricedPart } from './price.js';
import { type Call, ratesOfCall } from './price-call.js';
import type { Rates } from './rates.js';

/** The arithmetic of one cost: whoever adds up its lines and rounds once gets the figure. */
export interface Receipt {
  readonly price: Price;
  /** The tier for long prompts that the whole call is charged at; `null` below its threshold. */
  readonly longContext: LongContextTier | null;
  /** `null` for the usual one. */
  readonly serviceTier: string | null;
  readonly lines: readonly ReceiptLine[];
  /** The sum of the lines, exact: 10^-18 USD. */
  readonly exactAttoUsd: AttoUsd;
  /** That sum, rounded once, half-even. */
  readonly costNanoUsd: NanoUsd;
  /** The same call without any cache hit. */
  readonly economicCostNanoUsd: NanoUsd;
}

export interface ReceiptLine {
  readonly part: CallPart;
  readonly count: number;
  readonly unit: 'tokens' | 'requests' | 'searches';
  /** Which price of the vendor it is; `null` where it names none for the part. */
  readonly from: PricedPart | null;
  /** After the service tier; `null` where it is not known. */
  readonly price: PicoUsdPerMillion | null;
  /** By which the service tier multiplied it. */
  readonly multipliers: readonly string[];
  /** count × price, exact; `null` where the price is not known. */
  readonly attoUsd: AttoUsd | null;
}

/** `null` when the price does not price the call: see `Unpriced`. */
export function receiptOf(call: Pick<Call, 'tokens' | 'serviceTier'>, price: Price): Receipt | null {
  const rates = ratesOfCall(call, price);
  return typeof rates === 'string' ? null : receiptOfParts(callParts(call.tokens), rates);
}

/** As `receiptOf`, of parts and rates that are at hand. */
export function receiptOfParts(parts: CallParts, rates: Rates): Receipt {
  const lines = CALL_PARTS.flatMap((part, index): ReceiptLine[] => {
    const count = parts[index] as number;
    const rate = rates.byPart[index];
    // Most vendors take nothing for the request itself, and a line of nothing only hides the others.
    if (rate === undefined || count === 0 || (part === 'requests' && rate.from === null)) return [];
    const attoUsd = rate.price === null ? null : BigInt(count) * rate.price;
    return [{ part, count, unit: unitOf(part), ...rate, attoUsd }];
  });
  const costNanoUsd = nanoCost(parts, rates);
  return {
    price: rates.price,
    longContext: rates.longContext,
    serviceTier: rates.serviceTier,
    lines,
    exactAttoUsd: exactCost(parts, rates),
    costNanoUsd,
    economicCostNanoUsd: economicNanoCost(parts, rates, costNanoUsd),
  };
}

function unitOf(part: CallPart): ReceiptLine['unit'] {
  if (part === 'requests') return 'requests';
  return part === 'webSearches' ? 'searches' : 'tokens';
}

/** USD per million without needless zeros: `2.5`. */
export function priceText(price: PicoUsdPerMillion): string {
  return shortDecimal(price, 12);
}

/** All digits that are there: `0.000000000125`. */
export function attoText(amount: AttoUsd): string {
  return shortDecimal(amount, 18);
}
