import { noLatencies } from '../latency-histogram.js';
import { costOfCompleted, type ExactCost } from './cost-of-completed.js';
import type { KnownSums } from './known-sums.js';
import type { Sample } from './sample.js';
import { qualitySample, statisticsOf, type TaskStatistics } from './task-statistics.js';

/** One adapter with all that a recommendation looks at. */
export interface Candidate {
  readonly adapter: string;
  readonly statistics: TaskStatistics;
  readonly quality: Sample;
  /** `null` while it is not known. */
  readonly cost: ExactCost | null;
}

export function candidateOf(summary: KnownSums, confidence: number): Candidate {
  const quality = qualitySample(summary);
  return {
    adapter: summary.adapter,
    statistics: statisticsOf(summary, quality, confidence),
    quality,
    cost: costOfCompleted(summary),
  };
}

/** Of an adapter that was never observed at the task. */
export function nothingKnown(task: string, adapter: string): KnownSums {
  return {
    task,
    adapter,
    observations: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    judged: 0,
    qualityMillionths: 0n,
    priced: 0,
    costNanoUsd: 0n,
    economicCostNanoUsd: 0n,
    costSquares: 0n,
    latency: noLatencies,
    lastSeenMs: 0,
  };
}
