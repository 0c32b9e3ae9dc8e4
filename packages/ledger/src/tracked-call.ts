import type { NanoUsd } from '@budget/core';
import type { Observation } from './observation.js';

export interface TrackedCost {
  readonly costNanoUsd: NanoUsd;
  /** What it would have cost without any cache hit. Default: the cost. */
  readonly economicCostNanoUsd?: NanoUsd | undefined;
  readonly costSource?: Observation['costSource'] | undefined;
}

export interface TrackedCall {
  /** Makes `record` idempotent. Default: a new UUIDv7. */
  readonly id?: string | undefined;
  /** ISO 8601. Default: now. */
  readonly at?: string | undefined;
  readonly threadId?: string | undefined;
  readonly agentId?: string | undefined;
  readonly organisationId?: string | undefined;
  readonly provider: string;
  readonly model: string;
  /** Includes cached tokens. */
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedPromptTokens?: number | undefined;
  readonly cacheWriteTokens?: number | undefined;
  readonly reasoningTokens?: number | undefined;
  readonly latencyMs?: number | null | undefined;
  readonly phase?: Observation['phase'] | undefined;
  readonly status?: Observation['status'] | undefined;
  /** 1 for the first try; every retry is a call of its own. */
  readonly attempt?: number | undefined;
  /** Default: `provider` where there are cached tokens, else `none`. */
  readonly cacheHit?: Observation['cacheHit'] | undefined;
  /** What it was thought to cost before it was made. */
  readonly estimatedCostNanoUsd?: NanoUsd | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}
