import type { WorkflowRun } from './documents/run-record.js';
import type { CostStatus, RecordedWorkflow, UsageBucket, UsageRollup } from './documents/usage-run.js';
import { type PricedCall, type PriceTimes, priceStageCall } from './priced-call.js';
import type { PriceBook } from './pricing/price-book.js';
import type { PriceWarning } from './pricing/price-warnings.js';
import { tokensOutOfRange } from './tokens-out-of-range.js';

export interface AggregatedUsage {
  readonly workflows: readonly RecordedWorkflow[];
  readonly rollup: UsageRollup;
  /** In order of first appearance. */
  readonly perBucket: readonly UsageBucket[];
  readonly skippedStages: number;
  /** Each kind once for a model. */
  readonly priceWarnings: readonly PriceWarning[];
}

/**
 * Sums the calls of workflow runs into buckets. The cost of a call is what its provider reported, else what its price
 * at the time of the call makes of its tokens, else unknown; unknown is counted and never zero.
 *
 * @throws CodedError `tokens_out_of_range` (kind `input`) when a sum passes 2^53.
 */
export function aggregateUsage(
  workflows: readonly WorkflowRun[],
  prices: PriceBook,
  times: PriceTimes,
): AggregatedUsage {
  const buckets = new Map<string, BucketSum>();
  const warnings = new Map<string, PriceWarning>();
  const recorded: RecordedWorkflow[] = [];
  let skippedStages = 0;
  for (const { stages, ...identity } of workflows) {
    const calls = stages.filter((stage) => typeof stage !== 'string');
    skippedStages += stages.filter((stage) => stage === 'not_a_map').length;
    recorded.push({ ...identity, stageCount: stages.length, callCount: calls.length });
    for (const call of calls) {
      const priced = priceStageCall(call, prices, times);
      addToBucket(buckets, identity.workflowId, priced);
      for (const warning of priced.warnings) {
        warnings.set(JSON.stringify([warning.kind, warning.provider, warning.model]), warning);
      }
    }
  }
  const perBucket = [...buckets.values()].map(finishBucket);
  return {
    workflows: recorded,
    rollup: rollUp(perBucket),
    perBucket,
    skippedStages,
    priceWarnings: [...warnings.values()],
  };
}

type Mutable<Fields> = { -readonly [Key in keyof Fields]: Fields[Key] };
type BucketSum = Mutable<Omit<UsageBucket, 'costStatus' | 'priceVersions'>> & { readonly priceVersions: Set<string> };

function addToBucket(buckets: Map<string, BucketSum>, workflowId: string, priced: PricedCall): void {
  const { call, tokens, costSource, costNanoUsd } = priced;
  const key = JSON.stringify([workflowId, call.stageId, call.provider, call.model, priced.tier]);
  let sum = buckets.get(key);
  if (sum === undefined) {
    sum = emptyBucket(workflowId, priced);
    buckets.set(key, sum);
  }
  sum.calls++;
  sum.promptTokens += tokens.promptTokens;
  sum.completionTokens += tokens.completionTokens;
  sum.cachedPromptTokens += tokens.cachedPromptTokens;
  sum.cacheWriteTokens += tokens.cacheWriteTokens;
  sum.reasoningTokens += tokens.reasoningTokens;
  if (costSource === 'provider') sum.costNanoUsdKnown += costNanoUsd ?? 0n;
  if (costSource === 'rates') {
    sum.costNanoUsdEstimated = (sum.costNanoUsdEstimated ?? 0n) + (costNanoUsd ?? 0n);
    sum.costEstimatedForCalls++;
  }
  if (costSource === 'unknown') sum.costUnknownForCalls++;
  if (priced.priceVersion !== null) sum.priceVersions.add(priced.priceVersion);
  if (priced.usageMissing) sum.usageMissingForCalls++;
  if (priced.isUnpriced) sum.unpricedCalls++;
  if (call.failed) sum.failedCalls++;
  if (call.durationMs !== null) sum.durationMsTotal = (sum.durationMsTotal ?? 0) + call.durationMs;
  sum.economicCostNanoUsd = addKnown(sum.economicCostNanoUsd, priced.economicCostNanoUsd);
}

/** A sum of which one part is not known is not known. */
function addKnown(sum: bigint | null, amount: bigint | null): bigint | null {
  return sum === null || amount === null ? null : sum + amount;
}

function emptyBucket(workflowId: string, { call, tier }: PricedCall): BucketSum {
  return {
    workflowId,
    stageId: call.stageId,
    provider: call.provider,
    model: call.model,
    phase: null,
    tier,
    calls: 0,
    promptTokens: 0,
    completionTokens: 0,
    cachedPromptTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    costNanoUsdKnown: 0n,
    costNanoUsdEstimated: null,
    economicCostNanoUsd: 0n,
    costEstimatedForCalls: 0,
    costUnknownForCalls: 0,
    usageMissingForCalls: 0,
    unpricedCalls: 0,
    failedCalls: 0,
    retriedCalls: 0,
    durationMsTotal: null,
    priceVersions: new Set(),
  };
}

function finishBucket(sum: BucketSum): UsageBucket {
  return { ...sum, costStatus: costStatus(sum), priceVersions: [...sum.priceVersions] };
}

function costStatus(sum: BucketSum): CostStatus {
  if (sum.costUnknownForCalls === sum.calls) return 'unknown';
  if (sum.costUnknownForCalls > 0) return 'partial';
  return sum.costEstimatedForCalls > 0 ? 'estimated' : 'known';
}

function rollUp(buckets: readonly UsageBucket[]): UsageRollup {
  const add = (read: (bucket: UsageBucket) => number): number => buckets.reduce((sum, bucket) => sum + read(bucket), 0);
  const estimated = buckets.reduce((sum, bucket) => sum + (bucket.costNanoUsdEstimated ?? 0n), 0n);
  const totalTokens = add((bucket) => bucket.promptTokens + bucket.completionTokens);
  if (!Number.isSafeInteger(totalTokens)) throw tokensOutOfRange('this run');
  return {
    totalCalls: add((bucket) => bucket.calls),
    totalPromptTokens: add((bucket) => bucket.promptTokens),
    totalCompletionTokens: add((bucket) => bucket.completionTokens),
    totalTokens,
    costNanoUsdKnown: buckets.reduce((sum, bucket) => sum + bucket.costNanoUsdKnown, 0n),
    costNanoUsdEstimated: estimated === 0n ? null : estimated,
    unpricedCalls: add((bucket) => bucket.unpricedCalls),
  };
}
