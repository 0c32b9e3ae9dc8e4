import type { UsageReading } from '@budget/core';

/**
 * The tier that decides the price: what the response names, and where it was worked out when that has a price of its
 * own. Several that hold at once are joined by a plus.
 */
export function tierOf({
  serviceTier,
  inferenceGeo,
}: Pick<UsageReading, 'serviceTier' | 'inferenceGeo'>): string | null {
  // Anthropic charges more for a call that is kept in the United States; `global` is the usual.
  const place = inferenceGeo === 'us' ? 'inference_geo_us' : null;
  if (serviceTier === null || place === null) return serviceTier ?? place;
  return `${serviceTier}+${place}`;
}
