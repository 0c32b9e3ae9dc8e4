import type { NanoUsd } from '@budget/core';
import { noCalls } from './call-sums.js';
import type { TotalSums } from './observation-store.js';
import { latencyPercentiles } from './routing/latency-percentiles.js';
import type { UsageSums } from './usage-sums.js';

/** Sums of calls as people ask for them. All are 0 where there were none, but for quantiles. */
export interface UsageFigures {
  readonly requestCount: number;
  readonly failedRequests: number;
  readonly cancelledRequests: number;
  readonly retriedRequests: number;
  /** Their cost is not known, and in no sum: a cost beside it is a lower bound. */
  readonly unpricedRequests: number;
  readonly promptTokens: bigint;
  readonly completionTokens: bigint;
  readonly totalTokens: bigint;
  readonly cachedPromptTokens: bigint;
  readonly costNanoUsd: NanoUsd;
  readonly economicCostNanoUsd: NanoUsd;
  /** Of the calls that had an estimate and a cost: how many, what was estimated, and how much more they cost. */
  readonly estimatedRequests: number;
  readonly estimatedCostNanoUsd: NanoUsd;
  readonly estimateDeltaNanoUsd: NanoUsd;
  /** The share of the calls that were answered from a cache, of the program or in part of the provider. */
  readonly cacheHitRatio: number;
  /** Of the calls whose latency is known. */
  readonly meanLatencyMs: number;
}

export interface UsageTotals extends UsageFigures {
  /** Within 3.2 % of what they are; `null` where no latency is known. */
  readonly p50LatencyMs: number | null;
  readonly p95LatencyMs: number | null;
}

export function usageFigures(sums: UsageSums): UsageFigures {
  const { observations, timed, promptTokens, completionTokens, cachedPromptTokens } = sums;
  return {
    requestCount: observations,
    failedRequests: sums.failed,
    cancelledRequests: sums.cancelled,
    retriedRequests: sums.retried,
    unpricedRequests: observations - sums.priced,
    ...{ promptTokens, completionTokens, totalTokens: promptTokens + completionTokens, cachedPromptTokens },
    costNanoUsd: sums.costNanoUsd,
    economicCostNanoUsd: sums.economicCostNanoUsd,
    estimatedRequests: sums.estimated,
    estimatedCostNanoUsd: sums.estimatedCostNanoUsd,
    estimateDeltaNanoUsd: sums.estimateDeltaNanoUsd,
    cacheHitRatio: observations === 0 ? 0 : (sums.localHits + sums.providerHits) / observations,
    meanLatencyMs: timed === 0 ? 0 : Number(sums.latencyMsTotal) / timed,
  };
}

/** @param sums `null` where nothing was used */
export function usageTotals(sums: TotalSums | null): UsageTotals {
  const used = sums ?? noCalls();
  const { p50Ms, p95Ms } = latencyPercentiles(used.latency);
  return { ...usageFigures(used), p50LatencyMs: p50Ms, p95LatencyMs: p95Ms };
}
