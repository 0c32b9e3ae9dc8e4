import { type LatencyHistogram, latencyQuantile } from '../latency-histogram.js';

/** `null` where no call was timed. */
export interface LatencyPercentiles {
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

export function latencyPercentiles(histogram: LatencyHistogram): LatencyPercentiles {
  return { p50Ms: latencyQuantile(histogram, 0.5), p95Ms: latencyQuantile(histogram, 0.95) };
}
