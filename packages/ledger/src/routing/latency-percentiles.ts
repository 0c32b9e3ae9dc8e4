import { type LatencyHistogram, latencyAt, latencyCount } from '../latency-histogram.js';

/** `null` where no call was timed. */
export interface LatencyPercentiles {
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

export function latencyPercentiles(histogram: LatencyHistogram): LatencyPercentiles {
  const count = latencyCount(histogram);
  return { p50Ms: latencyAt(histogram, 0.5 * count), p95Ms: latencyAt(histogram, 0.95 * count) };
}
