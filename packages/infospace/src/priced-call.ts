import { type NanoUsd, noTokens, readTokenUsage, type TokenUsage } from '@budget/core';
import type { StageCall } from './documents/run-record.js';
import { charges } from './pricing/price.js';
import type { PriceBook } from './pricing/price-book.js';
import { costByPrice, economicCost } from './pricing/price-call.js';
import { type PriceWarning, priceWarnings } from './pricing/price-warnings.js';
import { tierOf } from './pricing/service-tier.js';

/** One call with its tokens and what it cost. */
export interface PricedCall {
  readonly call: StageCall;
  /** All zero when the usage is missing. */
  readonly tokens: TokenUsage;
  readonly usageMissing: boolean;
  readonly tier: string | null;
  /** `provider`: it said so; `rates`: the price times the tokens; `unknown`: no price, never zero. */
  readonly costSource: 'provider' | 'rates' | 'unknown';
  /** `null` when the source is unknown. */
  readonly costNanoUsd: NanoUsd | null;
  /** What it would have cost without any cache hit; `null` when that is not known. */
  readonly economicCostNanoUsd: NanoUsd | null;
  /** Whether a total that holds this call lacks some of what it cost. */
  readonly isUnpriced: boolean;
  readonly priceVersion: string | null;
  readonly warnings: readonly PriceWarning[];
}

export interface PriceTimes {
  /** When the calls were made, in milliseconds since 1970. */
  readonly callMs: number;
  readonly nowMs: number;
}

/** What its provider reported goes before what a price makes of its tokens. */
export function priceStageCall(call: StageCall, book: PriceBook, { callMs, nowMs }: PriceTimes): PricedCall {
  const usage = readTokenUsage(call.usage);
  const tokens = usage.tokens ?? noTokens;
  const usageMissing = usage.tokens === null;
  const reported = usage.reportedCostNanoUsd;
  const price = book.find(call.provider, call.model, callMs);
  const serviceTier = tierOf(usage);
  const byPrice = costByPrice({ tokens, serviceTier }, price);
  const costSource = reported !== null ? 'provider' : byPrice.costNanoUsd !== null ? 'rates' : 'unknown';
  // A price times missing tokens is a zero that says nothing. The provider's own word covers such a call, and a price
  // of zero does: whatever the tokens were, they cost nothing.
  const lacksUsage = costSource === 'rates' && usageMissing && price !== null && charges(price);
  const lacksPart = costSource === 'rates' && byPrice.unpricedParts.length > 0;
  return {
    call,
    tokens,
    usageMissing,
    tier: serviceTier,
    costSource,
    costNanoUsd: reported ?? byPrice.costNanoUsd,
    economicCostNanoUsd: economicCost(reported, tokens, byPrice),
    isUnpriced: costSource === 'unknown' || lacksUsage || lacksPart,
    priceVersion: costSource === 'rates' ? (price?.priceVersion ?? null) : null,
    warnings: priceWarnings({ ...call, tokens, serviceTier, reported, lacksUsage }, byPrice, book, nowMs),
  };
}
