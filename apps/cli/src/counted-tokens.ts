import type { MeteredCall } from '@budget/infospace';

/** A price times tokens that nobody counted is no cost. Its entry in `usage.yaml` counts such a call as unpriced too. */
export function saysNothing({ usageMissing, estimated, costSource, estimatedCostNanoUsd }: MeteredCall): boolean {
  return usageMissing && !estimated && costSource === 'rates' && estimatedCostNanoUsd !== 0n;
}
