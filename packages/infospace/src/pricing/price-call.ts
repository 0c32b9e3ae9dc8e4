import { type NanoUsd, noDetails, type TokenUsage } from '@budget/core';
import { CALL_PARTS, type CallPart, type CallParts, callParts } from './call-parts.js';
import { economicNanoCost, nanoCost } from './cost-of-parts.js';
import type { Price } from './price.js';
import type { PriceBook } from './price-book.js';
import { type Rates, ratesFor } from './rates.js';

/** A call that a provider answered. */
export interface Call {
  readonly provider: string;
  /** As the response names it, else as the request did. */
  readonly model: string;
  readonly tokens: TokenUsage;
  /** When it was made, in milliseconds since 1970. */
  readonly atMs: number;
  /** `batch`, `flex`, `priority`, … as the response names it; `null` for the usual one. */
  readonly serviceTier?: string | null;
}

/**
 * Why a call has no cost: no price is known, or none of its service tier, or it is charged by what its usage does not
 * count, or its tokens are no counts.
 */
export type Unpriced = 'no_price' | 'service_tier' | 'not_metered' | 'usage_invalid';

export interface CallCost {
  /** What is billed, by the price; `null` when it is not known: never zero. Rounded once, half-even. */
  readonly costNanoUsd: NanoUsd | null;
  /** What it would have been without any cache hit. */
  readonly economicCostNanoUsd: NanoUsd | null;
  /** The price that was found, also where it could not be used. */
  readonly price: Price | null;
  /** `null` when the cost is known. */
  readonly unpriced: Unpriced | null;
  /** Parts for which no price is known; the cost lacks them. Empty for nearly every call. */
  readonly unpricedParts: readonly CallPart[];
}

/** What a call costs by the price that held when it was made. Never throws, whatever its names and tokens are. */
export function priceCall(call: Call, book: Pick<PriceBook, 'find'>): CallCost {
  return costByPrice(call, book.find(call.provider, call.model, call.atMs));
}

/** As `priceCall`, by a price that is at hand. */
export function costByPrice(call: Pick<Call, 'tokens' | 'serviceTier'>, price: Price | null): CallCost {
  if (price === null) return withoutCost('no_price', null);
  const rates = ratesOfCall(call, price);
  if (typeof rates === 'string') return withoutCost(rates, price);
  const parts = callParts(call.tokens);
  const costNanoUsd = nanoCost(parts, rates);
  return {
    costNanoUsd,
    economicCostNanoUsd: economicNanoCost(parts, rates, costNanoUsd),
    price,
    unpriced: null,
    unpricedParts: unpricedParts(parts, rates),
  };
}

/** A reported cost has its cache hits taken off already: what they saved, by the price, is added again. */
export function economicCost(reported: NanoUsd | null, tokens: TokenUsage, cost: CallCost | null): NanoUsd | null {
  if (reported === null) return cost?.economicCostNanoUsd ?? null;
  if (tokens.cachedPromptTokens === 0) return reported;
  if (cost === null || cost.costNanoUsd === null || cost.economicCostNanoUsd === null) return null;
  return reported + cost.economicCostNanoUsd - cost.costNanoUsd;
}

const none: readonly CallPart[] = [];

function unpricedParts(parts: CallParts, { unpriced }: Rates): readonly CallPart[] {
  let found: CallPart[] | undefined;
  for (const index of unpriced) {
    if ((parts[index] as number) === 0) continue;
    found ??= [];
    found.push(CALL_PARTS[index] as CallPart);
  }
  return found ?? none;
}

/** What the parts of a call cost by a price, or why that cannot be said. */
export function ratesOfCall(
  { tokens, serviceTier }: Pick<Call, 'tokens' | 'serviceTier'>,
  price: Price,
): Rates | Unpriced {
  if (!isUsage(tokens)) return 'usage_invalid';
  if (isNotMetered(price)) return 'not_metered';
  return ratesFor(price, tokens.promptTokens, serviceTier ?? null) ?? 'service_tier';
}

/** In a program in JavaScript a count may be anything, and a meter that throws makes the paid call be made again. */
function isUsage(tokens: TokenUsage | null | undefined): boolean {
  if (typeof tokens !== 'object' || tokens === null) return false;
  return (
    isCount(tokens.promptTokens) &&
    isCount(tokens.completionTokens) &&
    isCount(tokens.cachedPromptTokens) &&
    isCount(tokens.cacheWriteTokens) &&
    isCount(tokens.reasoningTokens) &&
    haveCounts(tokens.details, DETAILS) &&
    isCount(tokens.details?.otherModelTokens ?? 0) &&
    haveCounts(tokens.billed, BILLED)
  );
}

const DETAILS = Object.keys(noDetails);
const BILLED = ['promptTokens', 'completionTokens'];

/** Absent, or each of them is there. */
function haveCounts(parts: unknown, names: readonly string[]): boolean {
  if (parts === undefined) return true;
  return typeof parts === 'object' && parts !== null && names.every((name) => isCount(Reflect.get(parts, name)));
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A price by the hour or the page says nothing of a call whose usage counts tokens. */
export function isNotMetered({ prices, notMetered }: Price): boolean {
  return notMetered.length > 0 && prices.input === undefined && prices.output === undefined;
}

function withoutCost(unpriced: Unpriced, price: Price | null): CallCost {
  return { costNanoUsd: null, economicCostNanoUsd: null, price, unpriced, unpricedParts: none };
}
