import type { LimitKey, Threshold } from './limit.js';

/** What is used of a limit reached a threshold for the first time in its window. */
export interface ThresholdCrossing extends LimitKey, Threshold {
  readonly limit: bigint;
  readonly used: bigint;
  readonly resetsAtMs: number | null;
}

/** Those that are reached and were not, ascending. `crossedPercent`: the highest that was told, 0 for none. */
export function newlyCrossed(
  thresholds: readonly Threshold[],
  { used, limit, crossedPercent }: { used: bigint; limit: bigint; crossedPercent: number },
): readonly Threshold[] {
  // Nothing that is used crosses nothing, also not a limit of 0.
  if (used <= 0n) return [];
  return thresholds.filter(({ percent }) => percent > crossedPercent && used * 100n >= limit * BigInt(percent));
}

/** The part of the percents that were told which is used of a changed limit still: it is not told again. */
export function stillCrossed(crossedPercent: number, { used, limit }: { used: bigint; limit: bigint }): number {
  if (used <= 0n) return 0;
  const percentUsed = limit === 0n ? 100n : (used * 100n) / limit;
  return percentUsed < crossedPercent ? Number(percentUsed) : crossedPercent;
}

/** What is used when the next threshold is reached; `null` when all are. */
export function nextCrossing(thresholds: readonly Threshold[], limit: bigint, crossedPercent: number): bigint | null {
  const next = thresholds.find(({ percent }) => percent > crossedPercent);
  if (next === undefined) return null;
  const reachedAt = (limit * BigInt(next.percent) + 99n) / 100n;
  return reachedAt > 0n ? reachedAt : 1n;
}
