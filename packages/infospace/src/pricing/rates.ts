import { type PicoUsdPerMillion, parseDecimal, rescale } from '@budget/core';
import { CALL_PARTS, type CallPart, priceOrder } from './call-parts.js';
import type { LongContextTier, PartPrices, Price, PricedPart, TierMultiplier } from './price.js';

/** What each part of a call costs by one price, for one size of prompt and one service tier. */
export interface Rates {
  readonly price: Price;
  /** The tier that the size of the prompt calls for; `null` below the first threshold. */
  readonly longContext: LongContextTier | null;
  /** As the provider names it; `null` for the usual one. */
  readonly serviceTier: string | null;
  /** In the order of `CALL_PARTS`. */
  readonly byPart: readonly PartRate[];
  /** Those of `byPart` without a price, by their place: few have any, and each call is asked for them. */
  readonly unpriced: readonly number[];
  /** The same prices in nano-USD per million, 0 for what is not known; `null` where one of them has finer digits. */
  readonly nanoPerMillion: readonly number[] | null;
}

export interface PartRate {
  /** `null` when the vendor charges for it, or may, and no price is known. */
  readonly price: PicoUsdPerMillion | null;
  /** Which price it is; `null` where the vendor names none for the part. */
  readonly from: PricedPart | null;
  /** Decimal texts by which the service tier multiplied it. */
  readonly multipliers: readonly string[];
}

/** Tiers at which a call costs what the price says. */
const USUAL_TIERS: ReadonlySet<string> = new Set([
  '',
  'default',
  'standard',
  'standard_only',
  'auto',
  'on_demand',
  'on-demand',
]);

/**
 * `null` when the price of the service tier is not known: the usual price would be too high or too low.
 *
 * @param serviceTier as the provider names it; several that hold at once are joined by a plus
 */
export function ratesFor(price: Price, promptTokens: number, serviceTier: string | null): Rates | null {
  const named = price.serviceTiers === null ? '' : (serviceTier?.toLowerCase() ?? '');
  const tier = USUAL_TIERS.has(named) ? '' : named;
  const step = longContextStep(price, promptTokens);
  let bySteps = remembered.get(price)?.get(tier);
  if (bySteps === undefined) {
    if (!tiersIn(tier).every((each) => isKnownTier(price, each))) return null;
    bySteps = [];
    const byTier = remembered.get(price) ?? new Map<string, Rates[]>();
    // The text comes from responses, and one may join what it likes with pluses.
    if (byTier.size < MAX_TIERS_REMEMBERED) remembered.set(price, byTier.set(tier, bySteps));
  }
  bySteps[step] ??= computeRates(price, step, tier);
  return bySteps[step];
}

const tiersIn = (tier: string): string[] => [...new Set(tier.split('+'))].filter((each) => !USUAL_TIERS.has(each));

/** Where a call is worked out costs more with some models; with those that name no such price it makes no difference. */
function isKnownTier({ serviceTiers }: Price, tier: string): boolean {
  return tier === 'inference_geo_us' || serviceTiers?.has(tier) === true;
}

const MAX_TIERS_REMEMBERED = 20;

const remembered = new WeakMap<Price, Map<string, Rates[]>>();

/** How many thresholds the prompt has passed: the tier applies to the whole request, not to what exceeds it. */
function longContextStep({ longContext }: Price, promptTokens: number): number {
  let step = 0;
  for (const { inputTokens, compare } of longContext) {
    if (compare === '>' ? promptTokens <= inputTokens : promptTokens < inputTokens) break;
    step++;
  }
  return step;
}

function computeRates(price: Price, step: number, tier: string): Rates {
  const tiers = tiersIn(tier).flatMap((each) => price.serviceTiers?.get(each) ?? []);
  const steps = price.longContext.slice(0, step);
  const prices: PartPrices = Object.assign({}, price.prices, ...steps.map((each) => each.prices));
  const byPart = CALL_PARTS.map((part) => partRate(part, prices, tiers));
  return {
    price,
    longContext: steps.at(-1) ?? null,
    serviceTier: tier === '' ? null : tier,
    byPart,
    unpriced: [...byPart.keys()].filter((index) => byPart[index]?.price === null),
    nanoPerMillion: byPart.every(({ price: each }) => isInNano(each ?? 0n))
      ? byPart.map(({ price: each }) => Number((each ?? 0n) / PICO_IN_NANO))
      : null,
  };
}

const PICO_IN_NANO = 1000n;

function isInNano(price: PicoUsdPerMillion): boolean {
  return price % PICO_IN_NANO === 0n && price / PICO_IN_NANO <= BigInt(Number.MAX_SAFE_INTEGER);
}

function partRate(part: CallPart, prices: PartPrices, tiers: readonly TierMultiplier[]): PartRate {
  const from = priceOrder[part].find((each) => prices[each] !== undefined) ?? null;
  // Few vendors take a fee for the request itself; where none is named there is none.
  if (from === null) return { price: part === 'requests' ? 0n : null, from, multipliers: [] };
  const usual = prices[from] as PicoUsdPerMillion;
  const multipliers = tiers.map((tier) => multiplierOf(from, tier)).filter((each) => each !== '1');
  return { price: times(usual, multipliers), from, multipliers };
}

/** Fees for searches and requests are the same at each tier. */
function multiplierOf(part: PricedPart, { input, cachedInput, output }: TierMultiplier): string {
  if (part === 'webSearches' || part === 'requests') return '1';
  if (part === 'cachedInput' || part === 'cachedAudioInput' || part === 'cachedImageInput') return cachedInput;
  return OUTPUT_PARTS.has(part) ? output : input;
}

const OUTPUT_PARTS: ReadonlySet<PricedPart> = new Set([
  'output',
  'reasoning',
  'citation',
  'audioOutput',
  'imageOutput',
  'videoOutput',
]);

const MULTIPLIER_SCALE = 6;

function times(price: PicoUsdPerMillion, multipliers: readonly string[]): PicoUsdPerMillion {
  const units = multipliers.map((text) => {
    const parsed = parseDecimal(text, MULTIPLIER_SCALE);
    if (parsed === null) throw new Error(`A service tier's multiplier is no number: ${text}`);
    return parsed.units;
  });
  const product = units.reduce((sum, each) => sum * each, price);
  return rescale(product, MULTIPLIER_SCALE * units.length, 0);
}
