import type { NanoUsd } from '@budget/core';
import type { Observation } from './observation.js';

/** An observation as stores take and give it: checked, every field there, times and qualities as whole numbers. */
export interface KeptObservation {
  readonly id: string;
  readonly atMs: number;
  readonly application: string;
  readonly infospace: string | null;
  readonly runId: string | null;
  readonly organisationId: string | null;
  /** `null` together with `adapter`. */
  readonly task: string | null;
  readonly adapter: string | null;
  readonly provider: string;
  readonly model: string;
  readonly threadId: string | null;
  readonly agentId: string | null;
  readonly phase: Observation['phase'];
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedPromptTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
  readonly costNanoUsd: NanoUsd | null;
  /** `null` together with `costNanoUsd`. */
  readonly economicCostNanoUsd: NanoUsd | null;
  readonly estimatedCostNanoUsd: NanoUsd | null;
  readonly costSource: Observation['costSource'];
  readonly cacheHit: Observation['cacheHit'];
  readonly latencyMs: number | null;
  readonly status: Observation['status'];
  readonly attempt: number;
  /** 0 to 1,000,000, as it was observed; judgements are apart. */
  readonly qualityMillionths: number | null;
  /** `null` together with `qualityMillionths`. */
  readonly qualitySource: string | null;
  /** JSON. */
  readonly metadata: string | null;
}

export const MILLION = 1_000_000;

/** As users see it; what is not known is left out. */
export function observationOf(kept: KeptObservation): Observation {
  const { atMs, qualityMillionths, metadata, estimatedCostNanoUsd, ...fields } = kept;
  const named = Object.entries(fields).filter(([name, value]) => value !== null || isNullable(name));
  return {
    ...Object.fromEntries(named),
    at: new Date(atMs).toISOString(),
    ...(estimatedCostNanoUsd !== null && { estimatedCostNanoUsd }),
    ...(qualityMillionths !== null && { quality: qualityMillionths / MILLION }),
    ...(metadata !== null && { metadata: JSON.parse(metadata) as Record<string, unknown> }),
  } as Observation;
}

/** Where `null` says something: unknown, not absent. */
function isNullable(name: string): boolean {
  return name === 'costNanoUsd' || name === 'economicCostNanoUsd' || name === 'latencyMs';
}
