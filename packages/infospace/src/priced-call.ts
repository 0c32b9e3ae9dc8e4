import { type NanoUsd, readTokenUsage, type TokenUsage } from '@budget/core';
import type { StageCall } from './documents/run-record.js';
import type { PriceWarning, PriceWarningKind } from './documents/usage-run.js';
import { costByRate, type ModelRate, priceVersion, staleDays } from './pricing/model-rate.js';

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

const noTokens: TokenUsage = {
  promptTokens: 0,
  completionTokens: 0,
  cachedPromptTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
};

/** `rate`: the model's price at `atMs`, or `null` when nothing prices it. */
export function priceStageCall(call: StageCall, rate: ModelRate | null, atMs: number): PricedCall {
  const usage = readTokenUsage(call.usage);
  const tokens = usage.tokens ?? noTokens;
  const usageMissing = usage.tokens === null;
  const reported = usage.reportedCostNanoUsd;
  const byRate = rate === null ? null : costByRate(rate, tokens);
  const costSource = reported !== null ? 'provider' : byRate !== null ? 'rates' : 'unknown';
  // A price times missing tokens is a zero that says nothing. The provider's own word covers such a call, and a price
  // of zero does: whatever the tokens were, they cost nothing.
  const isUnpriced = costSource === 'unknown' || (costSource === 'rates' && usageMissing && charges(rate));
  const priced = {
    call,
    tokens,
    usageMissing,
    tier: usage.serviceTier,
    costSource,
    costNanoUsd: reported ?? byRate,
    // A rate table has one prompt price, so by it a cache hit costs what it would have cost without the cache.
    economicCostNanoUsd: reported !== null && tokens.cachedPromptTokens === 0 ? reported : byRate,
    isUnpriced,
    priceVersion: costSource === 'rates' && rate !== null ? priceVersion(rate) : null,
  } as const;
  return { ...priced, warnings: warningsOf(priced, rate, atMs) };
}

function charges(rate: ModelRate | null): boolean {
  return rate !== null && (rate.promptPrice > 0n || rate.completionPrice > 0n);
}

function warningsOf(priced: Omit<PricedCall, 'warnings'>, rate: ModelRate | null, atMs: number): PriceWarning[] {
  const { provider, model } = priced.call;
  const name = model === '' ? `${provider} (a call without a model)` : `${provider} ${model}`;
  const messages: Partial<Record<PriceWarningKind, string>> = {};
  if (priced.costSource === 'unknown') {
    messages.unpriced = 'no price is known; add one to model-rates.yaml';
  } else if (priced.isUnpriced) {
    messages.usage_missing = 'a call came without usage, so what it cost is not known';
  }
  const days = priced.costSource === 'rates' && rate !== null ? staleDays(rate, atMs) : null;
  if (days !== null) messages.stale = `its price is of ${rate?.capturedAt}, ${days} days old; check it`;
  const used = priced.tokens.promptTokens + priced.tokens.completionTokens > 0;
  if (priced.costSource === 'provider' && priced.costNanoUsd === 0n && used && charges(rate)) {
    messages.reported_zero = 'the provider reports a cost of 0 for a model that has a price';
  }
  return Object.entries(messages).map(([kind, message]) => ({
    kind: kind as PriceWarningKind,
    provider,
    model,
    message: `${name}: ${message}`,
  }));
}
