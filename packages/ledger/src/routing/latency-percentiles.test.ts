import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addToBucket, latencyBucket, latencyQuantile, noLatencies } from '../latency-histogram.js';
import { latencyPercentiles } from './latency-percentiles.js';

it('percentiles are the quantiles of the histogram, and none where no call was timed', () => {
  const latencies = fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 50 });
  fc.assert(
    fc.property(latencies, (each) => {
      const histogram: number[] = [];
      for (const latencyMs of each) addToBucket(histogram, latencyBucket(latencyMs), 1);
      const { p50Ms, p95Ms } = latencyPercentiles(histogram);
      expect([p50Ms, p95Ms]).toEqual([latencyQuantile(histogram, 0.5), latencyQuantile(histogram, 0.95)]);
    }),
  );
  expect(latencyPercentiles(noLatencies)).toEqual({ p50Ms: null, p95Ms: null });
});
