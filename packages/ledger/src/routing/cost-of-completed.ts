import type { KnownSums } from './known-sums.js';

/** `nanoUsd / calls`, not rounded, so that equal costs are equal. */
export interface ExactCost {
  readonly nanoUsd: bigint;
  /** 1 at least. */
  readonly calls: bigint;
}

/**
 * What it costs to get one completed call: the mean economic cost of a call, times the calls that were made for each that
 * completed. A mean over all calls would make the adapter look cheap whose calls fail at once and for nothing.
 *
 * @returns `null` where no call was priced, or none completed: that is not cheap, it is not known.
 */
export function costOfCompleted(summary: KnownSums): ExactCost | null {
  const { observations, completed, priced, economicCostNanoUsd } = summary;
  if (!(priced > 0 && completed > 0 && observations > 0)) return null;
  const nanoUsd = economicCostNanoUsd > 0n ? economicCostNanoUsd * BigInt(observations) : 0n;
  return { nanoUsd, calls: BigInt(priced) * BigInt(completed) };
}

/** Negative where the first is cheaper, 0 where they cost the same; what is not known comes last. */
export function compareCosts(first: ExactCost | null, second: ExactCost | null): number {
  if (first === null || second === null) return Number(first === null) - Number(second === null);
  const difference = first.nanoUsd * second.calls - second.nanoUsd * first.calls;
  return difference < 0n ? -1 : Number(difference > 0n);
}
