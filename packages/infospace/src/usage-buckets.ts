import type { NanoUsd, TokenUsage } from '@budget/core';
import type { CostStatus, UsageBucket, UsageRollup } from './documents/usage-run.js';
import { tokensOutOfRange } from './tokens-out-of-range.js';

/** One call as it counts in a bucket, wherever it was learned from. */
export interface BucketCall {
  readonly workflowId: string;
  readonly stageId: string;
  readonly provider: string;
  readonly model: string;
  readonly phase: 'train' | 'infer' | null;
  readonly tier: string | null;
  /** All zero when the usage is missing. */
  readonly tokens: Omit<TokenUsage, 'details' | 'billed'>;
  readonly usageMissing: boolean;
  readonly costSource: 'provider' | 'rates' | 'unknown';
  /** `null` when the source is unknown. */
  readonly costNanoUsd: NanoUsd | null;
  readonly economicCostNanoUsd: NanoUsd | null;
  /** Whether a total that holds this call lacks some of what it cost. */
  readonly isUnpriced: boolean;
  readonly priceVersion: string | null;
  readonly failed: boolean;
  readonly retried: boolean;
  readonly durationMs: number | null;
}

type Mutable<Fields> = { -readonly [Key in keyof Fields]: Fields[Key] };
type BucketSum = Mutable<Omit<UsageBucket, 'costStatus' | 'priceVersions'>> & { readonly priceVersions: Set<string> };
type BucketName = Pick<BucketCall, 'workflowId' | 'stageId' | 'provider' | 'model' | 'phase' | 'tier'>;

/** Calls summed by workflow, stage, provider, model, phase and tier, in order of first appearance. */
export type BucketSums = Map<string, BucketSum>;

export function addCall(buckets: BucketSums, call: BucketCall): void {
  const { tokens, costSource, costNanoUsd } = call;
  const sum = bucketOf(buckets, call);
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
  if (call.priceVersion !== null) sum.priceVersions.add(call.priceVersion);
  if (call.usageMissing) sum.usageMissingForCalls++;
  if (call.isUnpriced) sum.unpricedCalls++;
  if (call.failed) sum.failedCalls++;
  if (call.retried) sum.retriedCalls++;
  if (call.durationMs !== null) sum.durationMsTotal = (sum.durationMsTotal ?? 0) + call.durationMs;
  sum.economicCostNanoUsd = addKnown(sum.economicCostNanoUsd, call.economicCostNanoUsd);
}

/** An answer from a local cache is no call of a provider: all that it adds is what it would have cost. */
export function addLocalHit(buckets: BucketSums, hit: BucketName & Pick<BucketCall, 'economicCostNanoUsd'>): void {
  const sum = bucketOf(buckets, hit);
  sum.economicCostNanoUsd = addKnown(sum.economicCostNanoUsd, hit.economicCostNanoUsd);
}

/** @throws CodedError `tokens_out_of_range` (kind `input`) when a sum passes 2^53. */
export function finishBuckets(buckets: BucketSums): { perBucket: UsageBucket[]; rollup: UsageRollup } {
  const perBucket = [...buckets.values()].map(finishBucket);
  return { perBucket, rollup: rollUp(perBucket) };
}

function bucketOf(buckets: BucketSums, name: BucketName): BucketSum {
  const key = JSON.stringify([name.workflowId, name.stageId, name.provider, name.model, name.phase, name.tier]);
  let sum = buckets.get(key);
  if (sum === undefined) {
    sum = emptyBucket(name);
    buckets.set(key, sum);
  }
  return sum;
}

/** A sum of which one part is not known is not known. */
function addKnown(sum: bigint | null, amount: bigint | null): bigint | null {
  return sum === null || amount === null ? null : sum + amount;
}

function emptyBucket({ workflowId, stageId, provider, model, phase, tier }: BucketName): BucketSum {
  return {
    workflowId,
    stageId,
    provider,
    model,
    phase,
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
  // Of local hits alone nothing was billed, and that is known.
  if (sum.calls === 0) return 'known';
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
