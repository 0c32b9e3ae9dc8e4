import type { NanoUsd } from '@budget/core';
import type { KeptObservation } from './kept-observation.js';

/** One call, as subscribers and the history show it. */
export interface UsageEvent {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly threadId: string | null;
  readonly agentId: string | null;
  readonly organisationId: string | null;
  readonly application: string;
  readonly provider: string;
  readonly model: string;
  readonly phase: KeptObservation['phase'];
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
  readonly cachedPromptTokens: number;
  /** `null` where it is not known: never zero. */
  readonly costNanoUsd: NanoUsd | null;
  readonly economicCostNanoUsd: NanoUsd | null;
  readonly estimatedCostNanoUsd: NanoUsd | null;
  readonly latencyMs: number | null;
  readonly status: KeptObservation['status'];
  readonly attempt: number;
  readonly cacheHit: KeptObservation['cacheHit'];
  readonly isUnpriced: boolean;
  readonly isRetry: boolean;
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

export function usageEventOf(kept: KeptObservation): UsageEvent {
  const { id, atMs, threadId, agentId, organisationId, application, provider, model, phase } = kept;
  const { promptTokens, completionTokens, cachedPromptTokens, latencyMs, status, attempt, cacheHit } = kept;
  const { costNanoUsd, economicCostNanoUsd, estimatedCostNanoUsd, metadata } = kept;
  return {
    ...{ id, at: new Date(atMs).toISOString(), threadId, agentId, organisationId, application, provider, model, phase },
    ...{ promptTokens, completionTokens, totalTokens: promptTokens + completionTokens, cachedPromptTokens },
    ...{ costNanoUsd, economicCostNanoUsd, estimatedCostNanoUsd, latencyMs, status, attempt, cacheHit },
    ...{ isUnpriced: costNanoUsd === null, isRetry: attempt > 1 },
    metadata: metadata === null ? null : (JSON.parse(metadata) as Record<string, unknown>),
  };
}
