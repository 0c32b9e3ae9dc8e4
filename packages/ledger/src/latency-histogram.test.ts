import { choicesFrom } from '@budget/test-tools';
import { describe, expect, it } from 'vitest';
import {
  addLatencies,
  bucketsOf,
  decodedLatencies,
  encodedLatencies,
  type LatencyHistogram,
  latenciesOfBuckets,
  latencyBucket,
  latencyCount,
  latencyQuantile,
  MAX_LATENCY_MS,
  mergedLatencies,
  noLatencies,
} from './latency-histogram.js';

function histogramOf(latencies: readonly number[]): LatencyHistogram {
  return latenciesOfBuckets(latencies.map((latency) => [latencyBucket(latency), 1]));
}

/** As many short ones as long ones, over all that a call may take. */
function randomLatencies(seed: number, count: number): number[] {
  const choices = choicesFrom(seed);
  return Array.from({ length: count }, () => choices.between(0, 2 ** choices.between(0, 34)));
}

/** As SQLite's `hex` tells them. */
function decoded(bytes: Uint8Array): number[] {
  return decodedLatencies(Buffer.from(bytes).toString('hex').toUpperCase());
}

describe('a latency histogram', () => {
  it('has buckets in the order of the latencies, none of which is left out', () => {
    const buckets = Array.from({ length: 100_000 }, (_, latency) => latencyBucket(latency));
    const steps = buckets.slice(1).map((bucket, index) => bucket - (buckets[index] as number));
    expect([buckets[0], ...new Set(steps)].sort()).toEqual([0, 0, 1]);
    expect(latencyBucket(MAX_LATENCY_MS)).toBeLessThan(513);
  });

  it.each([1, 2, 3, 4, 5])('tells quantiles within 1/32 of what they are (seed %i)', (seed) => {
    const latencies = randomLatencies(seed, 500);
    const sorted = latencies.toSorted((first, second) => first - second);
    for (const share of [0.01, 0.5, 0.95, 0.99, 1]) {
      const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] as number;
      const told = latencyQuantile(histogramOf(latencies), share) as number;
      expect(Math.abs(told - exact)).toBeLessThanOrEqual(exact / 32);
    }
  });

  it('knows whole milliseconds up to 31 exactly', () => {
    for (let latency = 0; latency < 32; latency += 1)
      expect(latencyQuantile(histogramOf([latency]), 0.5)).toBe(latency);
  });

  it('of no calls has no quantile', () => {
    expect(latencyQuantile(noLatencies, 0.5)).toBeNull();
    expect(latencyCount(noLatencies)).toBe(0);
  });

  it.each([1, 2, 3])(
    'of two sets of calls is that of all of them, and taking one off leaves the other (seed %i)',
    (seed) => {
      const [first, second] = [randomLatencies(seed, 200), randomLatencies(seed + 100, 300)];
      const merged = mergedLatencies(histogramOf(first), histogramOf(second));
      expect(merged).toEqual(histogramOf([...first, ...second]));
      const left = [...merged];
      addLatencies(left, histogramOf(second), -1);
      expect(left).toEqual(histogramOf(first));
      expect(bucketsOf(left).every(([, count]) => count > 0)).toBe(true);
    },
  );

  it.each([1, 2, 3])('is the same after it was written and read (seed %i)', (seed) => {
    const histogram = histogramOf(randomLatencies(seed, 400));
    expect(decoded(encodedLatencies(histogram))).toEqual(histogram);
    const many = latenciesOfBuckets([
      [3, 2 ** 40],
      [512, 1],
    ]);
    expect(decoded(encodedLatencies(many))).toEqual(many);
    expect(encodedLatencies(noLatencies)).toHaveLength(0);
  });

  it('that was cut off is not taken for another', () => {
    expect(() => decoded(encodedLatencies(latenciesOfBuckets([[3, 300]])).subarray(0, 2))).toThrow(RangeError);
    expect(() => decoded(Uint8Array.of(0x81, 4, 1))).toThrow('A latency histogram has no bucket 513.');
    for (const digits of ['0', '030', '03x1', '03'.repeat(10_000)])
      expect(() => decodedLatencies(digits)).toThrow(RangeError);
    // What was refused leaves nothing behind.
    expect(decodedLatencies('0101')).toEqual([0, 1]);
  });
});
