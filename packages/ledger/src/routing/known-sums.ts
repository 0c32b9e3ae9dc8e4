import type { TaskSummary } from '../task-summary.js';

/** The part of a `TaskSummary` that advice looks at. */
export type KnownSums = Pick<
  TaskSummary,
  | ('task' | 'adapter' | 'observations' | 'completed' | 'failed' | 'cancelled' | 'judged' | 'qualityMillionths')
  | ('priced' | 'costNanoUsd' | 'economicCostNanoUsd' | 'costSquares' | 'latency' | 'lastSeenMs')
>;
