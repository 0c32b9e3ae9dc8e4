/**
 * How often calls took how long: bucket → number of calls. Histograms of any two sets of calls merge exactly.
 *
 * Buckets are log-linear: up to 31 ms each millisecond has its own; from there on every doubling is cut into 16 of the
 * same width. So a quantile, which is the middle of its bucket, is off by at most 1/32 of itself (3.2 %).
 */
export type LatencyHistogram = ReadonlyMap<number, number>;

export const noLatencies: LatencyHistogram = new Map();

const EXACT_BELOW_MS = 32;
const FIRST_DOUBLING = 5;
const PARTS_OF_DOUBLING = 16;

/** @param latencyMs a whole number from 0 on */
export function latencyBucket(latencyMs: number): number {
  if (latencyMs < EXACT_BELOW_MS) return latencyMs;
  const doubling = Math.floor(Math.log2(latencyMs));
  const part = Math.floor(latencyMs / widthAt(doubling)) - PARTS_OF_DOUBLING;
  return EXACT_BELOW_MS + (doubling - FIRST_DOUBLING) * PARTS_OF_DOUBLING + part;
}

function latencyCount(histogram: LatencyHistogram): number {
  let count = 0;
  for (const each of histogram.values()) count += each;
  return count;
}

/**
 * The latency in milliseconds that this share of the calls did not exceed: 0.95 for the 95th percentile. `null` where no
 * call was timed.
 */
export function latencyQuantile(histogram: LatencyHistogram, share: number): number | null {
  const buckets = [...histogram].sort(([first], [second]) => first - second);
  let left = Math.max(1, Math.ceil(share * latencyCount(histogram)));
  for (const [bucket, count] of buckets) {
    left -= count;
    if (left <= 0) return middleOf(bucket);
  }
  return null;
}

function widthAt(doubling: number): number {
  return 2 ** doubling / PARTS_OF_DOUBLING;
}

function middleOf(bucket: number): number {
  if (bucket < EXACT_BELOW_MS) return bucket;
  const above = bucket - EXACT_BELOW_MS;
  const width = widthAt(FIRST_DOUBLING + Math.floor(above / PARTS_OF_DOUBLING));
  const start = width * (PARTS_OF_DOUBLING + (above % PARTS_OF_DOUBLING));
  return start + (width - 1) / 2;
}
