import type { NanoUsd, TokenUsage } from '@budget/core';
import type { RecordedRun, UsageBucket } from './documents/usage-run.js';
import { callParts, partsOfCalls } from './pricing/call-parts.js';
import type { PriceBook } from './pricing/price-book.js';
import { ratesFor } from './pricing/rates.js';
import { type Receipt, receiptOfParts } from './pricing/receipt.js';

/** Where the cost of one stage comes from. */
export interface StageExplanation {
  readonly bucket: UsageBucket;
  /**
   * The arithmetic over the sums of its tokens; `null` where they do not lead to the recorded cost: a provider reported
   * it, several prices or sizes of prompt were mixed, or the price is no longer known.
   */
  readonly receipt: Receipt | null;
  /** Recorded minus the receipt's: what rounding each of the calls once made of it. `null` without a receipt. */
  readonly roundingNanoUsd: NanoUsd | null;
}

/** What a run cost, stage by stage, and how. */
export function explainRun(run: RecordedRun, book: PriceBook): StageExplanation[] {
  return run.perBucket.map((bucket) => explainStage(bucket, book));
}

function explainStage(bucket: UsageBucket, book: PriceBook): StageExplanation {
  for (const receipt of possibleReceipts(bucket, book)) {
    const roundingNanoUsd = (bucket.costNanoUsdEstimated ?? 0n) - receipt.costNanoUsd;
    // Each call was rounded by half a nano-USD at most; a larger difference has another cause.
    const most = BigInt(Math.ceil((bucket.calls + 1) / 2));
    if (roundingNanoUsd <= most && roundingNanoUsd >= -most) return { bucket, receipt, roundingNanoUsd };
  }
  return { bucket, receipt: null, roundingNanoUsd: null };
}

/** One for each size of prompt that the price tells apart: the sums do not say how long each prompt was. */
function possibleReceipts(bucket: UsageBucket, book: PriceBook): Receipt[] {
  const [priceVersion, ...others] = bucket.priceVersions;
  if (priceVersion === undefined || others.length > 0) return [];
  if (bucket.costEstimatedForCalls !== bucket.calls || bucket.unpricedCalls > 0) return [];
  const price = book.findVersion(priceVersion, bucket.provider, bucket.model);
  if (price === null) return [];
  const parts = partsOfCalls(callParts(tokensOf(bucket)), bucket.calls);
  const sizes = [0, ...price.longContext.map(({ inputTokens }) => inputTokens + 1)];
  return sizes.flatMap((size) => {
    const rates = ratesFor(price, size, bucket.tier);
    return rates === null ? [] : [receiptOfParts(parts, rates)];
  });
}

function tokensOf(bucket: UsageBucket): TokenUsage {
  const { promptTokens, completionTokens, cachedPromptTokens, cacheWriteTokens, reasoningTokens } = bucket;
  return { promptTokens, completionTokens, cachedPromptTokens, cacheWriteTokens, reasoningTokens };
}
