import { describe, expect, it } from 'vitest';
import { latenciesOfBuckets, latencyBucket } from '../latency-histogram.js';
import { summaryOf } from '../testing/task-summaries.js';
import { compareCosts, costOfCompleted } from './cost-of-completed.js';
import { taskStatistics } from './task-statistics.js';

describe('statistics of an adapter at a task', () => {
  it('are means, intervals, costs, latencies and when it was last seen', () => {
    const latency = latenciesOfBuckets([
      [latencyBucket(20), 90],
      [latencyBucket(1_000), 10],
    ]);
    const statistics = taskStatistics(
      summaryOf('small', { calls: 100, quality: 0.75, judged: 40, completed: 96, failed: 3, cancelled: 1, latency }),
    );
    expect(statistics).toMatchObject({
      task: 'summarise',
      adapter: 'small',
      observations: 100,
      confidence: 0.95,
      quality: { judged: 40, mean: 0.75 },
      success: { completed: 96, failed: 3, cancelled: 1, mean: 96 / 99 },
      cost: { priced: 100, unpriced: 0, meanNanoUsd: 1_000n, deviationNanoUsd: 0, economicMeanNanoUsd: 1_000n },
      latency: { p50Ms: 20 },
      lastSeenMs: Date.parse('2026-03-01T12:00:00Z'),
    });
    expect(statistics.quality.lower).toBeGreaterThan(0.5);
    expect(statistics.quality.upper).toBeLessThan(0.95);
    expect(Math.abs((statistics.latency.p95Ms as number) - 1_000)).toBeLessThan(1_000 / 32);
    expect(
      taskStatistics(summaryOf('small', { calls: 100, judged: 40 }), { confidence: 0.5 }).quality.lower,
    ).toBeGreaterThan(statistics.quality.lower);
  });

  it('of what was never called say that nothing is known, and never zero', () => {
    expect(taskStatistics(summaryOf('new', { calls: 0 }))).toEqual({
      task: 'summarise',
      adapter: 'new',
      observations: 0,
      confidence: 0.95,
      quality: { judged: 0, mean: null, lower: 0, upper: 1 },
      success: { completed: 0, failed: 0, cancelled: 0, mean: null, lower: 0, upper: 1 },
      cost: {
        priced: 0,
        unpriced: 0,
        meanNanoUsd: null,
        deviationNanoUsd: null,
        economicMeanNanoUsd: null,
        economicPerCompletedNanoUsd: null,
      },
      latency: { p50Ms: null, p95Ms: null },
      lastSeenMs: null,
    });
  });

  it('leave calls without a price out of the mean, and tell how many there are', () => {
    const { cost } = taskStatistics(summaryOf('small', { calls: 10, priced: 4, costNanoUsdEach: 500 }));
    expect(cost).toMatchObject({ priced: 4, unpriced: 6, meanNanoUsd: 500n });
  });

  it('tell how much single costs differ, exactly also where sums pass 2^53', () => {
    const sums = { priced: 2, costNanoUsd: 2n * 10n ** 18n, costSquares: 2n * 10n ** 36n + 2n * 9n };
    expect(taskStatistics(summaryOf('small', { calls: 2, ...sums })).cost.deviationNanoUsd).toBe(3);
  });

  it('count what failed on the way into the cost of what completed', () => {
    // Calls that fail at once and for nothing halve the mean cost; they must not make the adapter look cheap.
    const failing = summaryOf('failing', { calls: 10, completed: 5, failed: 5, economicCostNanoUsd: 5_000n });
    expect(taskStatistics(failing).cost).toMatchObject({
      economicMeanNanoUsd: 500n,
      economicPerCompletedNanoUsd: 1_000n,
    });
    expect(costOfCompleted(summaryOf('broken', { calls: 10, completed: 0, failed: 10 }))).toBeNull();
    expect(costOfCompleted(summaryOf('unpriced', { calls: 10, priced: 0 }))).toBeNull();
  });

  it('compare costs without rounding: what is not known comes last', () => {
    const third = costOfCompleted(summaryOf('third', { calls: 3, economicCostNanoUsd: 1n }));
    const alsoThird = costOfCompleted(summaryOf('also', { calls: 6, economicCostNanoUsd: 2n }));
    const more = costOfCompleted(summaryOf('more', { calls: 3_000_000, economicCostNanoUsd: 1_000_001n }));
    expect(compareCosts(third, alsoThird)).toBe(0);
    expect(compareCosts(third, more)).toBe(-1);
    expect(compareCosts(more, third)).toBe(1);
    expect(compareCosts(third, null)).toBe(-1);
    expect(compareCosts(null, third)).toBe(1);
    expect(compareCosts(null, null)).toBe(0);
  });
});
