import { divideHalfEven } from '@budget/core';
import { costOfCompleted } from './cost-of-completed.js';
import type { KnownSums } from './known-sums.js';
import { type LatencyPercentiles, latencyPercentiles } from './latency-percentiles.js';
import { type Interval, meanInterval } from './mean-interval.js';
import { type Sample, sampleOf } from './sample.js';

/** What one adapter costs, takes and achieves at one task, and how sure that is. Money in nano-USD. */
export interface TaskStatistics {
  readonly task: string;
  readonly adapter: string;
  readonly observations: number;
  /** With this probability an interval holds at all times together, however often it is looked at. */
  readonly confidence: number;
  /** Of those that were judged: what was not judged counts neither as good nor as bad. */
  readonly quality: MeanEstimate & { readonly judged: number };
  /** Completed among completed and failed calls; who cancels a call says nothing about it. */
  readonly success: MeanEstimate & {
    readonly completed: number;
    readonly failed: number;
    readonly cancelled: number;
  };
  readonly cost: CostStatistics;
  /** Within 1/32. */
  readonly latency: LatencyPercentiles;
  readonly lastSeenMs: number | null;
}

/** Without any value the mean is `null` and the interval from 0 to 1. */
export interface MeanEstimate extends Interval {
  readonly mean: number | null;
}

/** Means are rounded half-even, and `null` where no call was priced. */
export interface CostStatistics {
  readonly priced: number;
  /** Their cost is not known, and in no mean. */
  readonly unpriced: number;
  readonly meanNanoUsd: bigint | null;
  /** Standard deviation of what single calls cost. Costs have no upper end, so no interval holds without assumptions. */
  readonly deviationNanoUsd: number | null;
  /** What a call would have cost in the mean without any cache hit. */
  readonly economicMeanNanoUsd: bigint | null;
  /** That with the calls that failed on the way to one that completed; `null` where none did. Advice compares this. */
  readonly economicPerCompletedNanoUsd: bigint | null;
}

export const DEFAULT_CONFIDENCE = 0.95;

/** @param options.confidence between 0 and 1, neither included */
export function taskStatistics(
  summary: KnownSums,
  { confidence = DEFAULT_CONFIDENCE }: { readonly confidence?: number } = {},
): TaskStatistics {
  return statisticsOf(summary, qualitySample(summary), confidence);
}

/** @param quality `qualitySample` of the summary */
export function statisticsOf(summary: KnownSums, quality: Sample, confidence: number): TaskStatistics {
  const { task, adapter, observations, completed, failed, cancelled, lastSeenMs } = summary;
  const alpha = 1 - confidence;
  const ofQuality = estimate(quality, alpha);
  const ofSuccess = estimate(sampleOf(completed + failed, completed), alpha);
  return {
    task,
    adapter,
    observations,
    confidence,
    quality: { mean: ofQuality.mean, lower: ofQuality.lower, upper: ofQuality.upper, judged: quality.count },
    success: {
      mean: ofSuccess.mean,
      lower: ofSuccess.lower,
      upper: ofSuccess.upper,
      completed,
      failed,
      cancelled,
    },
    cost: costStatistics(summary),
    latency: latencyPercentiles(summary.latency),
    lastSeenMs: observations > 0 ? lastSeenMs : null,
  };
}

export function qualitySample({ judged, qualityMillionths }: KnownSums): Sample {
  return sampleOf(judged, Number(qualityMillionths) / 1e6);
}

function estimate(sample: Sample, alpha: number): MeanEstimate {
  const { lower, upper } = meanInterval(sample, alpha);
  return { mean: sample.count > 0 ? sample.mean : null, lower, upper };
}

function costStatistics(summary: KnownSums): CostStatistics {
  const { observations, priced, costNanoUsd, economicCostNanoUsd } = summary;
  const completed = costOfCompleted(summary);
  const mean = (sum: bigint) => (priced > 0 ? divideHalfEven(sum, BigInt(priced)) : null);
  return {
    priced,
    unpriced: Math.max(observations - priced, 0),
    meanNanoUsd: mean(costNanoUsd),
    deviationNanoUsd: deviation(summary),
    economicMeanNanoUsd: mean(economicCostNanoUsd),
    economicPerCompletedNanoUsd: completed === null ? null : divideHalfEven(completed.nanoUsd, completed.calls),
  };
}

/** The difference of the two large sums is exact; only what is left of it becomes a double. */
function deviation({ priced, costNanoUsd, costSquares }: KnownSums): number | null {
  if (priced <= 0) return null;
  const spread = Number(BigInt(priced) * costSquares - costNanoUsd * costNanoUsd);
  return Math.min(Math.sqrt(Math.max(spread, 0)) / priced, Number.MAX_VALUE);
}
