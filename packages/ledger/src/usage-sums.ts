import type { NanoUsd } from '@budget/core';
import type { KeptObservation } from './kept-observation.js';

/** What calls used, summed. Sums of any two sets of calls add up exactly. */
export interface UsageSums {
  /** All, whatever their status. */
  readonly observations: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Those that tried again what had been tried before. */
  readonly retried: number;
  /** Those whose cost is known. */
  readonly priced: number;
  /** Answered from a cache: of the program, and of the provider. */
  readonly localHits: number;
  readonly providerHits: number;
  /** Those whose latency is known. */
  readonly timed: number;
  /** Those with an estimate and a cost; the next two are about these. */
  readonly estimated: number;
  readonly estimatedCostNanoUsd: NanoUsd;
  /** What they cost, less what they were estimated at. */
  readonly estimateDeltaNanoUsd: NanoUsd;
  readonly promptTokens: bigint;
  readonly completionTokens: bigint;
  readonly cachedPromptTokens: bigint;
  readonly costNanoUsd: NanoUsd;
  readonly economicCostNanoUsd: NanoUsd;
  readonly latencyMsTotal: bigint;
}

export type Mutable<Fields> = { -readonly [Key in keyof Fields]: Fields[Key] };

export const usageCounts = [
  ...(['observations', 'completed', 'failed', 'cancelled', 'retried', 'priced', 'localHits'] as const),
  ...(['providerHits', 'timed', 'estimated'] as const),
] as const;

export const usageAmounts = [
  ...(['promptTokens', 'completionTokens', 'cachedPromptTokens', 'costNanoUsd', 'economicCostNanoUsd'] as const),
  ...(['latencyMsTotal', 'estimatedCostNanoUsd', 'estimateDeltaNanoUsd'] as const),
] as const;

/** Written out, as hundreds are made for every batch: a literal is made many times faster than one of spread parts. */
export function noUsage(): Mutable<UsageSums> {
  return {
    observations: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    retried: 0,
    priced: 0,
    localHits: 0,
    providerHits: 0,
    timed: 0,
    estimated: 0,
    estimatedCostNanoUsd: 0n,
    estimateDeltaNanoUsd: 0n,
    promptTokens: 0n,
    completionTokens: 0n,
    cachedPromptTokens: 0n,
    costNanoUsd: 0n,
    economicCostNanoUsd: 0n,
    latencyMsTotal: 0n,
  };
}

export function addUsageOf(sums: Mutable<UsageSums>, call: KeptObservation): void {
  sums.observations += 1;
  sums[call.status] += 1;
  if (call.attempt > 1) sums.retried += 1;
  if (call.cacheHit === 'local') sums.localHits += 1;
  else if (call.cacheHit === 'provider') sums.providerHits += 1;
  sums.promptTokens += BigInt(call.promptTokens);
  sums.completionTokens += BigInt(call.completionTokens);
  if (call.cachedPromptTokens > 0) sums.cachedPromptTokens += BigInt(call.cachedPromptTokens);
  if (call.latencyMs !== null) {
    sums.timed += 1;
    sums.latencyMsTotal += BigInt(call.latencyMs);
  }
  const { costNanoUsd: cost, estimatedCostNanoUsd: estimate } = call;
  if (cost === null) return;
  sums.priced += 1;
  sums.costNanoUsd += cost;
  sums.economicCostNanoUsd += call.economicCostNanoUsd ?? cost;
  if (estimate === null) return;
  sums.estimated += 1;
  sums.estimatedCostNanoUsd += estimate;
  sums.estimateDeltaNanoUsd += cost - estimate;
}

/** `times` -1 takes them off again. Written out for the same reason. */
export function addUsage(into: Mutable<UsageSums>, sums: UsageSums, times = 1): void {
  const factor = BigInt(times);
  into.observations += sums.observations * times;
  into.completed += sums.completed * times;
  into.failed += sums.failed * times;
  into.cancelled += sums.cancelled * times;
  into.retried += sums.retried * times;
  into.priced += sums.priced * times;
  into.localHits += sums.localHits * times;
  into.providerHits += sums.providerHits * times;
  into.timed += sums.timed * times;
  into.estimated += sums.estimated * times;
  into.estimatedCostNanoUsd += sums.estimatedCostNanoUsd * factor;
  into.estimateDeltaNanoUsd += sums.estimateDeltaNanoUsd * factor;
  into.promptTokens += sums.promptTokens * factor;
  into.completionTokens += sums.completionTokens * factor;
  into.cachedPromptTokens += sums.cachedPromptTokens * factor;
  into.costNanoUsd += sums.costNanoUsd * factor;
  into.economicCostNanoUsd += sums.economicCostNanoUsd * factor;
  into.latencyMsTotal += sums.latencyMsTotal * factor;
}
