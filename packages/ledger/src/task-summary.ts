import type { LatencyHistogram } from './latency-histogram.js';

/** What is known of one adapter for one task: sums over its observations, mergeable. */
export interface TaskSummary {
  readonly task: string;
  readonly adapter: string;
  /** All, whatever their status. */
  readonly observations: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Those with a quality. */
  readonly judged: number;
  /** Sum of the qualities in millionths (0 to 1,000,000 each), and of their squares. */
  readonly qualityMillionths: bigint;
  readonly qualitySquaresMillionths: bigint;
  /** Those with a cost. */
  readonly priced: number;
  readonly costNanoUsd: bigint;
  readonly economicCostNanoUsd: bigint;
  /** Sum of the squares of the costs: (nano-USD)². */
  readonly costSquares: bigint;
  readonly promptTokens: bigint;
  readonly completionTokens: bigint;
  readonly cachedPromptTokens: bigint;
  readonly latency: LatencyHistogram;
  /** When the last of them was made; 0 where there is none. */
  readonly lastSeenMs: number;
}
