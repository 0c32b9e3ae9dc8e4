import type { MeteredCall } from '@budget/infospace';

/**
 * Whether the cost that a call has is not what it cost: a price times tokens that nobody counted, or one that lacks a part whose
 * price is not known. Its entry in `usage.yaml` counts such a call as unpriced too.
 */
export function lacksCost(call: MeteredCall): boolean {
  const { usageMissing, estimated, costSource, estimatedCostNanoUsd, unpricedParts = [] } = call;
  if (costSource !== 'rates') return false;
  return unpricedParts.length > 0 || (usageMissing && !estimated && estimatedCostNanoUsd !== 0n);
}
