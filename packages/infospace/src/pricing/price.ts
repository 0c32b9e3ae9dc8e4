import type { PicoUsdPerMillion } from '@budget/core';

/** What a part of a call may be charged for: a million of its tokens, or a million requests or searches. */
export type PricedPart =
  | 'input'
  | 'cachedInput'
  | 'cacheWrite'
  | 'cacheWrite1h'
  | 'output'
  | 'reasoning'
  | 'citation'
  | 'audioInput'
  | 'cachedAudioInput'
  | 'audioOutput'
  | 'imageInput'
  | 'cachedImageInput'
  | 'imageOutput'
  | 'videoInput'
  | 'videoOutput'
  | 'requests'
  | 'webSearches';

/** Absent where the vendor names no price of its own for the part. */
export type PartPrices = Readonly<Partial<Record<PricedPart, PicoUsdPerMillion>>>;

/**
 * `settings`: declared free in budget.yaml; `workspace-rates`: the workspace's model-rates.yaml; `genai-prices`: the
 * prices that come with this package.
 */
export type PriceSource = 'settings' | 'workspace-rates' | 'genai-prices';

/** Applies to the whole request once its prompt passes the threshold, with the vendor's own comparison. */
export interface LongContextTier {
  readonly inputTokens: number;
  readonly compare: '>' | '>=';
  /** What it does not name costs as below the threshold. */
  readonly prices: PartPrices;
}

/** Decimal text by which a service tier multiplies the price of a part. */
export interface TierMultiplier {
  readonly input: string;
  readonly cachedInput: string;
  readonly output: string;
}

/** What one model costs while one version of its price holds. */
export interface Price {
  /** `openai/gpt-4o`, or the row of a rate table as it is named there. */
  readonly pricingId: string;
  readonly provider: string;
  readonly model: string;
  /**
   * Which figures these are: `genai-prices-0.1.8:openai/o3@2025-06-10`, with the release of the data. Kept with every
   * cost that used them. Factors of service tiers are not of that data: they come with the version of this package.
   */
  readonly priceVersion: string;
  readonly source: PriceSource;
  readonly sourceUrl: string | null;
  /** `2026-05-17`, when somebody last looked the price up; `null` when nobody says. */
  readonly capturedAt: string | null;
  /** The date from which it holds; `null` for as long as the model is known. */
  readonly effectiveAt: string | null;
  /** The hours of the day, in UTC, in which it holds; `null` for all. The end is not included. */
  readonly daily: { readonly from: string; readonly to: string } | null;
  readonly prices: PartPrices;
  /** By rising threshold. */
  readonly longContext: readonly LongContextTier[];
  /** By the provider's name of the tier. `null` for a table that knows no tiers: its price is taken as it stands. */
  readonly serviceTiers: ReadonlyMap<string, TierMultiplier> | null;
  /** What the vendor charges for and no usage counts: `hours of audio`. */
  readonly notMetered: readonly string[];
  /** Parts whose price had more than 12 decimals and was rounded there. */
  readonly roundedParts: readonly PricedPart[];
  readonly contextWindow: number | null;
  readonly maxOutputTokens: number | null;
}

/** Whether any part of a call could cost something by it. */
export function charges({ prices, longContext }: Price): boolean {
  return [prices, ...longContext.map((tier) => tier.prices)].some((parts) =>
    Object.values(parts).some((price) => price > 0n),
  );
}

const STALE_AFTER_DAYS = 90;

/** Whole days since the price was looked up, when that is more than 90; else `null`. */
export function staleDays(price: Price, atMs: number): number | null {
  const capturedMs = price.capturedAt === null ? Number.NaN : Date.parse(price.capturedAt);
  const days = Math.floor((atMs - capturedMs) / 86_400_000);
  return days > STALE_AFTER_DAYS ? days : null;
}
