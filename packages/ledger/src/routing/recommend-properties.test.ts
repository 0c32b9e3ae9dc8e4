import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latenciesOfBuckets } from '../latency-histogram.js';
import { summaryOf, withCall } from '../testing/task-summaries.js';
import type { KnownSums } from './known-sums.js';
import { recommend } from './recommend.js';
import type { RecommendationRequest } from './recommendation-request.js';
import { taskStatistics } from './task-statistics.js';

const names = ['a', 'b', 'c', 'd', 'e'];
const count = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.nat({ max: Number.MAX_SAFE_INTEGER }));
const huge = fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 9n }), fc.bigInt({ min: 0n, max: 10n ** 400n }));

/** Also such as no history leads to: more judged than called, more quality than judged, costs past every double. */
const anySummary = fc.record({
  task: fc.constant('t'),
  adapter: fc.constantFrom(...names),
  observations: count,
  completed: count,
  failed: count,
  cancelled: count,
  judged: count,
  qualityMillionths: huge,
  priced: count,
  costNanoUsd: huge,
  economicCostNanoUsd: huge,
  costSquares: huge,
  latency: fc.array(fc.tuple(fc.nat({ max: 511 }), count)).map((buckets) => latenciesOfBuckets(buckets)),
  lastSeenMs: count,
});

const share = fc.double({ min: 0, max: 1, noNaN: true });
const anyRequest: fc.Arbitrary<RecommendationRequest> = fc
  .record({
    candidates: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }),
    rule: fc.oneof(
      share.map((maxLoss) => ({ maxLoss })),
      share.map((minQuality) => ({ minQuality })),
    ),
    maxCostNanoUsd: fc.option(huge, { nil: undefined }),
    maxP95Ms: fc.option(fc.nat(), { nil: undefined }),
    explore: fc.double({ min: 0, max: 0.999, noNaN: true }),
    seed: fc.string({ minLength: 1, maxLength: 20 }),
    confidence: fc.double({ min: 0.5, max: 1 - 1e-9, noNaN: true }),
  })
  .map(({ rule, ...request }) => ({ task: 't', ...request, ...rule }));

function numbersIn(value: unknown): readonly number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

describe('whatever is stored and asked', { timeout: 60_000 }, () => {
  it('propensities sum to exactly 1, the one taken has one, and every figure is a number', () => {
    fc.assert(
      fc.property(anyRequest, fc.array(anySummary, { maxLength: 6 }), (request, summaries) => {
        const answer = recommend(request, summaries);
        expect(answer.candidates.reduce((sum, { propensity }) => sum + propensity, 0)).toBe(1);
        expect(answer.candidates.map(({ adapter }) => adapter)).toEqual(request.candidates);
        const taken = answer.candidates.find(({ adapter }) => adapter === answer.adapter);
        expect(answer.propensity).toBe(taken?.propensity);
        expect(answer.propensity).toBeGreaterThan(0);
        for (const each of answer.candidates) {
          expect(each.whyNot === null).toBe(each === taken);
          expect(each.propensity).toBeGreaterThanOrEqual(0);
        }
        expect(numbersIn(answer).every(Number.isFinite)).toBe(true);
        expect(recommend(request, summaries)).toEqual(answer);
      }),
      { numRuns: 1_000 },
    );
  });

  it('a summary from a broken row gives figures, and never NaN', () => {
    const broken = { judged: -3, completed: Number.NaN, priced: -1, qualityMillionths: -5n, costNanoUsd: -7n };
    const summaries: KnownSums[] = [
      summaryOf('a', { calls: 7, ...broken, task: 't' }),
      summaryOf('b', { calls: 9, task: 't' }),
    ];
    for (const rule of [{ maxLoss: 0.1 }, { minQuality: 0.5 }]) {
      const answer = recommend({ task: 't', candidates: ['a', 'b'], seed: 1, ...rule }, summaries);
      expect(answer.candidates[0]?.quality).toEqual({ judged: 0, mean: null, lower: 0, upper: 1 });
    }
  });

  it('no history leads to a state that breaks a later call: the router that was stopped by a posterior of zero', () => {
    // BerriAI/litellm #35590: one stored zero made every later request fail.
    const call = fc.record({
      adapter: fc.constantFrom('a', 'b'),
      quality: fc.constantFrom(0, 1, 0.5),
      cost: fc.nat({ max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(call, { maxLength: 60 }), (history) => {
        const known = new Map(['a', 'b'].map((adapter) => [adapter, summaryOf(adapter, { calls: 0, task: 't' })]));
        for (const [index, { adapter, quality, cost }] of history.entries()) {
          const before = known.get(adapter) as KnownSums;
          known.set(adapter, withCall(before, quality, cost));
          const answer = recommend({ task: 't', candidates: ['a', 'b'], maxLoss: 0.2, seed: index }, [
            ...known.values(),
          ]);
          expect(numbersIn(answer).every(Number.isFinite)).toBe(true);
          expect(numbersIn(taskStatistics(before)).every(Number.isFinite)).toBe(true);
        }
      }),
    );
  });
});

describe('more of the same evidence', () => {
  it('never takes a proven one back, and never proves one whose mean is too low', () => {
    const calls = fc.integer({ min: 1, max: 2_000 });
    fc.assert(
      fc.property(calls, share, share, (known, quality, minQuality) => {
        const request = { task: 't', candidates: ['a'], minQuality, explore: 0 };
        const few = recommend(request, [summaryOf('a', { calls: known, quality, task: 't' })]);
        const many = recommend(request, [summaryOf('a', { calls: known * 10, quality, task: 't' })]);
        if (few.choice === 'proven') expect(many.choice).toBe('proven');
        if (minQuality > quality + 1e-6) expect(many.choice).toBe('default');
      }),
    );
  });
});
