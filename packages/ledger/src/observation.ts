import type { NanoUsd } from '@budget/core';

/** One call as the ledger keeps it: what it was for, how it was made, what it cost, took and achieved. */
export interface Observation {
  /** Chosen by the caller; the same id is recorded once. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly application: string;
  readonly infospace?: string;
  readonly runId?: string;
  readonly organisationId?: string;
  /** What the call was for. With an adapter, or neither: then the call counts as usage only. */
  readonly task?: string;
  /** The configured way to reach a model: what a router chooses between. */
  readonly adapter?: string;
  readonly provider: string;
  readonly model: string;
  readonly threadId?: string;
  readonly agentId?: string;
  readonly phase: 'train' | 'infer';
  /** Includes cached and cache-write tokens. */
  readonly promptTokens: number;
  /** Includes reasoning tokens. */
  readonly completionTokens: number;
  readonly cachedPromptTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
  /** `null` when the cost is unknown: never zero. */
  readonly costNanoUsd: NanoUsd | null;
  /** What it would have cost without any cache hit. */
  readonly economicCostNanoUsd: NanoUsd | null;
  /** What it was thought to cost before it was made. */
  readonly estimatedCostNanoUsd?: NanoUsd | null;
  readonly costSource: 'provider' | 'rates' | 'unknown';
  readonly cacheHit: 'none' | 'local' | 'provider';
  readonly latencyMs: number | null;
  readonly status: 'completed' | 'failed' | 'cancelled';
  /** 1 for the first try; every retry is a call of its own. */
  readonly attempt: number;
  /** 0 to 1; a missing quality is not 0. */
  readonly quality?: number;
  readonly qualitySource?: string;
  /** 4 KiB at most as JSON. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface ObserveResult {
  readonly status: 'recorded' | 'disabled' | 'failed';
  /** Why nothing was recorded; `null` when it was. */
  readonly reason: string | null;
}
