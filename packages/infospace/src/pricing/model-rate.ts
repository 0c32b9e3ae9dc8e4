import type { TokenUsage } from '@budget/core';
import { type NanoUsd, type PicoUsdPerMillion, roundToNanoUsd, tokensTimesPrice } from '@budget/core';

/** What a model costs, from a rate table: one price for prompt tokens and one for completion tokens. */
export interface ModelRate {
  /** As the table names it. */
  readonly model: string;
  readonly promptPrice: PicoUsdPerMillion;
  readonly completionPrice: PicoUsdPerMillion;
  /** Where it stands. `settings`: a model that `budget.yaml` declares free. */
  readonly source: 'settings' | 'workspace-rates' | 'package-rates';
  readonly sourceUrl: string | null;
  /** `2026-05-17`, when somebody last looked the price up; `null` when the table does not say. */
  readonly capturedAt: string | null;
}

/** Exact to the one rounding at the end. A rate table knows no price for cached tokens: they cost as others do. */
export function costByRate(rate: ModelRate, tokens: Pick<TokenUsage, 'promptTokens' | 'completionTokens'>): NanoUsd {
  return roundToNanoUsd(
    tokensTimesPrice(tokens.promptTokens, rate.promptPrice) +
      tokensTimesPrice(tokens.completionTokens, rate.completionPrice),
  );
}

/** `workspace-rates@2026-05-17`: which price it was, for the record. */
export function priceVersion(rate: ModelRate): string {
  return rate.capturedAt === null ? rate.source : `${rate.source}@${rate.capturedAt}`;
}

const STALE_AFTER_DAYS = 90;

/** Whole days since the price was looked up, when that is more than 90; else `null`. */
export function staleDays(rate: ModelRate, atMs: number): number | null {
  const capturedMs = rate.capturedAt === null ? Number.NaN : Date.parse(rate.capturedAt);
  const days = Math.floor((atMs - capturedMs) / 86_400_000);
  return days > STALE_AFTER_DAYS ? days : null;
}
