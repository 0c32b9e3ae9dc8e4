import { type LatencyHistogram, latencyQuantile } from '../latency-histogram.js';

/** `null` where no call was timed. */
export interface LatencyPercentiles {
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

/** Both at once and without sorting: a recommendation asks this of every candidate. */
export function latencyPercentiles(histogram: LatencyHistogram): LatencyPercentiles {
  let last = -1;
  for (const bucket of histogram.keys()) last = Math.max(last, bucket);
  const counts: number[] = new Array(last + 1).fill(0);
  let total = 0;
  for (const [bucket, count] of histogram) {
    counts[bucket] = count;
    total += count;
  }
  const callsOf = (share: number) => Math.max(Math.ceil(total * share), 1);
  return { p50Ms: percentile(counts, callsOf(0.5)), p95Ms: percentile(counts, callsOf(0.95)) };
}

/** Of the call that so many did not exceed. */
function percentile(counts: readonly number[], calls: number): number | null {
  let left = calls;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    left -= counts[bucket] as number;
    // Which latencies a bucket stands for only the histogram knows.
    if (left <= 0) return latencyQuantile(new Map([[bucket, 1]]), 1);
  }
  return null;
}
