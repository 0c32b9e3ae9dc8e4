import { readReportedCost } from './reported-cost.js';
import { usageTier } from './service-tier.js';
import { boundedDetails, type Counts, type TokenDetails } from './usage-details.js';
import { count, type Fields, field, isFields, text } from './usage-fields.js';
import { countsOf } from './usage-shapes.js';
import type { NanoUsd } from './usd.js';

export { MAX_TOKENS_PER_CALL } from './usage-fields.js';

/**
 * The tokens of one call in our vocabulary, whatever the provider calls them. `promptTokens` includes cached and
 * cache-write tokens; `completionTokens` includes reasoning tokens.
 */
export interface TokenUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedPromptTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
  /** Parts that few calls have. Absent when there are none. */
  readonly details?: TokenDetails;
  /** What is charged, where that differs from what was processed (Cohere's `billed_units`). */
  readonly billed?: BilledTokens;
}

/** Of a call whose usage is missing. */
export const noTokens: TokenUsage = {
  promptTokens: 0,
  completionTokens: 0,
  cachedPromptTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
};

export interface BilledTokens {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

export interface UsageReading {
  /** `null` when the provider gave no usage, or one that makes no sense: the call counts with zero tokens. */
  readonly tokens: TokenUsage | null;
  /** What the provider itself says the call cost (OpenRouter, Perplexity, xAI), or `null`. */
  readonly reportedCostNanoUsd: NanoUsd | null;
  /** `priority`, `flex`, `batch`, … as the provider names it, or `null`. */
  readonly serviceTier: string | null;
  /** Where Anthropic ran the call (`us`, `global`), which changes its price, or `null`. */
  readonly inferenceGeo: string | null;
}

/**
 * Reads a provider's usage object as it stands in the response. `usage-shapes.ts` lists the shapes and their sources.
 * Never throws.
 */
export function readTokenUsage(usage: unknown): UsageReading {
  const inferenceGeo = text(field(usage, 'inference_geo'));
  return {
    tokens: readTokens(usage),
    reportedCostNanoUsd: readReportedCost(usage),
    serviceTier: usageTier(usage),
    inferenceGeo: inferenceGeo === 'not_available' ? null : inferenceGeo,
  };
}

function readTokens(usage: unknown): TokenUsage | null {
  const counts = isFields(usage) ? countsOf(usage) : null;
  return counts === null ? null : checked(counts, usage as Fields);
}

function checked(counts: Counts, usage: Fields): TokenUsage | null {
  const { promptTokens, completionTokens, cachedPromptTokens, cacheWriteTokens, reasoningTokens } = counts;
  // NaN in one of them is NaN in the sum, and none of them is negative.
  if (
    !Number.isSafeInteger(promptTokens + completionTokens + cachedPromptTokens + cacheWriteTokens + reasoningTokens)
  ) {
    return null;
  }
  const total = usage['total_tokens'];
  // A part larger than its whole stands beside it: some servers that speak OpenAI's dialect count this way. Only
  // one part alone proves it: OpenRouter has reported the same tokens as both read from and written to the cache. A total
  // that is larger by just as much as either the cache or the reasoning has only one of them beside, and mostly the latter.
  const cache = cachedPromptTokens + cacheWriteTokens;
  const cacheIsApart =
    Math.max(cachedPromptTokens, cacheWriteTokens) > promptTokens ||
    (cache > 0 && cache !== reasoningTokens && total === promptTokens + completionTokens + cache);
  // xAI's completion never includes the reasoning, however little that is (vercel/ai #12425): its total tells.
  const totalWithReasoning = promptTokens + completionTokens + reasoningTokens;
  const reasoningIsApart = reasoningTokens > completionTokens || (reasoningTokens > 0 && total === totalWithReasoning);
  const untold = reasoningTokens === 0 && !cacheIsApart ? untoldThoughts(usage) : 0;
  const tokens = {
    promptTokens: promptTokens + (cacheIsApart ? cache : 0),
    completionTokens: completionTokens + (reasoningIsApart ? reasoningTokens : untold),
    cachedPromptTokens,
    cacheWriteTokens,
    reasoningTokens: reasoningTokens + untold,
  };
  const details = counts.parts && boundedDetails(counts.parts, tokens);
  const { billed } = counts;
  const isBilledApart =
    billed !== undefined &&
    Number.isSafeInteger(billed.promptTokens) &&
    Number.isSafeInteger(billed.completionTokens) &&
    (billed.promptTokens !== tokens.promptTokens || billed.completionTokens !== tokens.completionTokens);
  // Nearly every call has neither, and this is done for each.
  if (details === undefined && !isBilledApart) return tokens;
  return { ...tokens, ...(details && { details }), ...(isBilledApart && { billed }) };
}

const CHAT_COUNTS: ReadonlySet<string> = new Set(['prompt_tokens', 'completion_tokens', 'total_tokens']);

/**
 * Google's models, where they speak OpenAI's dialect, have their thoughts in the total alone, though they are charged as
 * the completion is. Where another number stands there (Mistral's `connector_tokens`), that may be the rest as well; a zero
 * of a gateway may not.
 */
function untoldThoughts(usage: Fields): number {
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage;
  const rest = count(total) - count(prompt) - count(completion);
  if (!(rest > 0) || (prompt ?? null) === null) return 0;
  return Object.keys(usage).some((key) => !CHAT_COUNTS.has(key) && isAmount(usage[key])) ? 0 : rest;
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && value !== 0;
}
