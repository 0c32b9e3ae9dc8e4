import type { NanoUsd } from '@budget/core';

/** What names a call: who made it, and what for. Empty or `null` where nobody said so. */
export interface CallTags {
  readonly phase: 'train' | 'infer' | null;
  readonly role: 'student' | 'teacher' | null;
  readonly workflowId: string;
  readonly stageId: string;
  readonly task: string | null;
  readonly threadId: string | null;
  readonly agentId: string | null;
}

/** A call as it is known before it is sent. */
export interface BegunCall extends CallTags {
  /** Another one for each call, also for a retry. */
  readonly callId: string;
  /** When it began; ISO 8601, UTC. */
  readonly at: string;
  readonly provider: string;
  /** As the request names it. */
  readonly model: string;
  readonly fineTuned: boolean;
  /** 1 for the first try; every retry is a call of its own. */
  readonly attempt: number;
  /** What it may cost at most, as far as that is known: what it counts as when its end is never seen. */
  readonly estimatedCostNanoUsd: NanoUsd | null;
  /** How many tokens its prompt has at most; `null` when not known. */
  readonly promptTokensBound: number | null;
}

/** One call that was metered while it was made: a line of `costs.jsonl`. */
export interface MeteredCall extends CallTags {
  readonly callId: string;
  /** When it began; ISO 8601, UTC. */
  readonly at: string;
  readonly provider: string;
  readonly model: string;
  /** As the response names it, or `null`. */
  readonly responseModel: string | null;
  readonly tier: string | null;
  readonly fineTuned: boolean;
  readonly attempt: number;
  /** `cancelled`: the caller gave up on it. `unknown`: its end was never seen, because its meter was killed. */
  readonly status: 'completed' | 'failed' | 'cancelled' | 'unknown';
  /** Includes cached and cache-write tokens. */
  readonly promptTokens: number;
  readonly cachedPromptTokens: number;
  readonly cacheWriteTokens: number;
  /** Includes reasoning tokens. */
  readonly completionTokens: number;
  readonly reasoningTokens: number;
  /** What is billed; `null` when it is not known: never zero. */
  readonly costNanoUsd: NanoUsd | null;
  /** What it would have cost without any cache hit; `null` when that is not known. */
  readonly economicCostNanoUsd: NanoUsd | null;
  /** What it was thought to cost before it was sent. */
  readonly estimatedCostNanoUsd: NanoUsd | null;
  /** `provider`: it said so; `rates`: a price times the tokens; `unknown`: no price, and `costNanoUsd` is `null`. */
  readonly costSource: 'provider' | 'rates' | 'unknown';
  readonly priceVersion: string | null;
  /** What the cost lacks, as no price of it is known, such as `web_searches`. */
  readonly unpricedParts?: readonly string[];
  /** Whether the cost rests on an estimate of the tokens, and not on what was used. */
  readonly estimated: boolean;
  /** `local`: answered from a cache of one's own; no provider was called, and only the economic cost counts. */
  readonly cacheHit: 'none' | 'local' | 'provider';
  readonly usageMissing: boolean;
  readonly latencyMs: number | null;
  /** The provider's own usage object. Only its figures are kept. */
  readonly rawUsage: unknown;
}

/**
 * A call of which only the beginning is known. It may have been billed, so it counts as what it was estimated to cost;
 * of its tokens nothing is known.
 */
export function callWithoutEnd(begun: BegunCall): MeteredCall {
  const { promptTokensBound: _, ...known } = begun;
  const cost = begun.estimatedCostNanoUsd;
  return {
    ...known,
    responseModel: null,
    tier: null,
    status: 'unknown',
    promptTokens: 0,
    cachedPromptTokens: 0,
    cacheWriteTokens: 0,
    completionTokens: 0,
    reasoningTokens: 0,
    costNanoUsd: cost,
    economicCostNanoUsd: cost,
    costSource: cost === null ? 'unknown' : 'rates',
    priceVersion: null,
    unpricedParts: [],
    estimated: true,
    cacheHit: 'none',
    usageMissing: true,
    latencyMs: null,
    rawUsage: null,
  };
}
