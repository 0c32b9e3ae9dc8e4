import { describe, expect, it } from 'vitest';
import { latenciesOfBuckets, latencyBucket } from '../latency-histogram.js';
import { type DescribedCalls, summaryOf } from '../testing/task-summaries.js';
import type { KnownSums } from './known-sums.js';
import { type Recommendation, recommend } from './recommend.js';
import type { RecommendationRequest } from './recommendation-request.js';

const small = (described: Partial<DescribedCalls> = {}) =>
  summaryOf('small', { calls: 2_000, quality: 0.8, costNanoUsdEach: 100, ...described });
const large = (described: Partial<DescribedCalls> = {}) =>
  summaryOf('large', { calls: 2_000, quality: 0.9, costNanoUsdEach: 5_000, ...described });

function asked(request: Partial<RecommendationRequest>, summaries: readonly KnownSums[]): Recommendation {
  return recommend(
    { task: 'summarise', candidates: ['small', 'large'], default: 'large', explore: 0, ...request },
    summaries,
  );
}

const of = (recommendation: Recommendation, adapter: string) =>
  recommendation.candidates.find((each) => each.adapter === adapter);

describe('recommend', () => {
  it('takes the cheapest that is shown to have the quality that is asked', () => {
    const taken = asked({ minQuality: 0.75 }, [small(), large()]);
    expect(taken).toMatchObject({ task: 'summarise', adapter: 'small', choice: 'proven', propensity: 1 });
    expect(taken.reason).toMatch(
      /^small is the cheapest that is shown to be good enough: \$0\.0000001 a completed call; its quality may be as low as 0\.7\d+, and 0\.75 is asked\.$/,
    );
    expect(taken.candidates.map(({ adapter, standing, whyNot }) => ({ adapter, standing, whyNot }))).toEqual([
      { adapter: 'small', standing: 'proven', whyNot: null },
      { adapter: 'large', standing: 'proven', whyNot: 'It is good enough, and dearer: $0.000005 a completed call.' },
    ]);
  });

  it('takes a dearer one where the cheap one is shown not to have it', () => {
    const taken = asked({ minQuality: 0.85 }, [small(), large()]);
    expect(taken).toMatchObject({ adapter: 'large', choice: 'proven' });
    expect(of(taken, 'small')).toMatchObject({ standing: 'ruled_out', propensity: 0 });
    expect(of(taken, 'small')?.whyNot).toMatch(
      /^It is shown not to be good enough: its quality is at most 0\.8\d* \(2000 judged\)\.$/,
    );
  });

  it('takes the cheapest that loses no more against the best than may be lost', () => {
    const taken = asked({ maxLoss: 0.16 }, [small(), large()]);
    expect(taken).toMatchObject({ adapter: 'small', choice: 'proven' });
    expect(taken.reason).toContain('against large, and 0.16 may be lost.');
    expect(of(taken, 'small')?.worstLoss).toBeGreaterThan(0.1);
    expect(of(taken, 'small')?.worstLoss).toBeLessThan(0.16);
    expect(asked({ maxLoss: 0.02 }, [small(), large()])).toMatchObject({ adapter: 'large', choice: 'proven' });
    expect(of(asked({ maxLoss: 0.02 }, [small(), large()]), 'small')?.standing).toBe('ruled_out');
  });

  it('takes the default while too little is known, and says so', () => {
    const taken = asked({ minQuality: 0.75 }, [small({ calls: 5 }), large({ calls: 3 })]);
    expect(taken).toMatchObject({ adapter: 'large', choice: 'default', propensity: 1 });
    expect(taken.reason).toBe(
      'Too little is known to show that any candidate is good enough (0.75 is asked), so the default, large, is taken. As nothing is explored (explore: 0), this may stay so.',
    );
    expect(of(taken, 'small')?.whyNot).toMatch(
      /^Not enough is known: its quality may be as low as 0\.\d+ \(5 judged\)\.$/,
    );
    expect(asked({ maxLoss: 0.1 }, [])).toMatchObject({ adapter: 'large', choice: 'default' });
    expect(recommend({ task: 'new', candidates: ['a', 'b'], maxLoss: 0.1, explore: 0 }, [])).toMatchObject({
      adapter: 'a',
    });
  });

  it('does not take many calls for much knowledge: a missing quality is not 0, and none is 1', () => {
    const taken = asked({ minQuality: 0.75 }, [small({ judged: 4 }), large()]);
    expect(taken.adapter).toBe('large');
    expect(of(taken, 'small')).toMatchObject({ standing: 'open', quality: { judged: 4, mean: 0.8 } });
  });

  it('compares only with what can be taken', () => {
    const dear = asked({ maxLoss: 0.02, maxCostNanoUsd: 1_000, default: 'small' }, [small(), large()]);
    expect(dear).toMatchObject({ adapter: 'small', choice: 'proven' });
    expect(of(dear, 'large')).toMatchObject({
      standing: 'excluded',
      whyNot: 'A completed call costs $0.000005, more than $0.000001.',
    });
  });

  it('never takes for cheap what was never priced, and what never completed', () => {
    const unpriced = asked({ minQuality: 0.5 }, [small({ priced: 0 }), large()]);
    expect(unpriced.adapter).toBe('large');
    expect(of(unpriced, 'small')?.whyNot).toBe('No call of it was priced, so nobody knows whether it is cheap.');
    const broken = asked({ minQuality: 0.5 }, [small({ completed: 0, failed: 2_000 }), large()]);
    expect(of(broken, 'small')).toMatchObject({ standing: 'excluded', whyNot: 'No call of it completed.' });
    // Whatever quality is enough.
    expect(asked({ minQuality: 0 }, [large()])).toMatchObject({ adapter: 'large', choice: 'proven' });
    expect(asked({ maxLoss: 1 }, [])).toMatchObject({ adapter: 'large', choice: 'default' });
  });

  it('leaves out what is too slow, and what nobody timed', () => {
    const slow = latenciesOfBuckets([[latencyBucket(3_000), 100]]);
    const fast = latenciesOfBuckets([[latencyBucket(20), 100]]);
    const taken = asked({ minQuality: 0.5, maxP95Ms: 1_000 }, [small({ latency: slow }), large({ latency: fast })]);
    expect(taken.adapter).toBe('large');
    expect(of(taken, 'small')?.whyNot).toMatch(/^Its 95th percentile is [\d.]+ ms, more than 1000 ms\.$/);
    expect(of(asked({ minQuality: 0.5, maxP95Ms: 1_000 }, [small()]), 'small')?.whyNot).toBe(
      'No call of it was timed.',
    );
  });

  it('says what is wrong with the default where even that cannot be taken by what was asked', () => {
    const taken = asked({ minQuality: 0.99, maxCostNanoUsd: 1_000 }, [small(), large()]);
    expect(taken).toMatchObject({ adapter: 'large', choice: 'default', propensity: 1 });
    expect(taken.reason).toBe(
      'No candidate can be taken by what was asked (0.99 is asked), so the default, large, is taken. But of it: A completed call costs $0.000005, more than $0.000001.',
    );
    expect(asked({ minQuality: 0.99 }, [small(), large()]).reason).toContain(
      'It is shown not to be good enough itself.',
    );
  });

  it('tells ties: of equal cost the one whose quality is surest, else the one named first', () => {
    const other = summaryOf('other', { calls: 4_000, quality: 0.8, costNanoUsdEach: 100 });
    const candidates = ['small', 'other', 'large'];
    const taken = asked({ minQuality: 0.7, candidates }, [small(), other, large()]);
    expect(taken.adapter).toBe('other');
    expect(taken.reason).toMatch(/ As cheap, and not taken: small\.$/);
    expect(of(taken, 'small')?.whyNot).toBe('It is good enough, and costs the same: $0.0000001 a completed call.');
    const alike = { ...small(), adapter: 'other' };
    expect(asked({ minQuality: 0.7, candidates }, [alike, small()]).adapter).toBe('small');
  });

  it('leaves summaries of other tasks and adapters aside', () => {
    const others = [
      { ...small(), task: 'translate' },
      summaryOf('unasked', { calls: 10_000, quality: 1, costNanoUsdEach: 1 }),
    ];
    expect(asked({ minQuality: 0.75 }, [...others, large()])).toMatchObject({ adapter: 'large' });
  });
});

describe('what is not known is learned: a share of calls goes to those that may be better', { timeout: 60_000 }, () => {
  const share = (request: Partial<RecommendationRequest>, summaries: readonly KnownSums[]) =>
    Object.fromEntries(
      asked({ explore: 0.2, seed: 1, ...request }, summaries).candidates.map((each) => [each.adapter, each.propensity]),
    );

  it('of unknown candidates, beside the default', () => {
    expect(share({ maxLoss: 0.1 }, [])).toEqual({ small: expect.closeTo(0.2, 8), large: expect.closeTo(0.8, 8) });
    const candidates = ['small', 'large', 'third'];
    expect(share({ maxLoss: 0.1, candidates }, [])).toEqual({
      small: expect.closeTo(0.1, 8),
      large: expect.closeTo(0.8, 8),
      third: expect.closeTo(0.1, 8),
    });
  });

  it('beside a proven one only of those that may be cheaper, until they are proven or ruled out', () => {
    const few = small({ calls: 30 });
    expect(share({ minQuality: 0.8 }, [few, large()])).toMatchObject({ small: expect.closeTo(0.2, 8) });
    expect(share({ minQuality: 0.85 }, [small(), large()])).toEqual({ small: 0, large: 1 });
    const dearer = small({ calls: 30, costNanoUsdEach: 6_000 });
    expect(share({ minQuality: 0.8 }, [dearer, large()])).toEqual({ small: 0, large: 1 });
  });

  it('an accident in the first calls does not shut a candidate out, many do', () => {
    const slow = latenciesOfBuckets([[latencyBucket(30_000), 1]]);
    const first = small({ calls: 1, latency: slow });
    const request = { minQuality: 0.8, maxP95Ms: 1_000 };
    expect(share(request, [first])).toMatchObject({ small: expect.closeTo(0.2, 8) });
    expect(share(request, [small({ calls: 20, latency: slow })])).toEqual({ small: 0, large: 1 });
    expect(share({ minQuality: 0.8 }, [small({ calls: 20, completed: 0, failed: 20 })])).toEqual({
      small: 0,
      large: 1,
    });
  });

  it('each seed makes one choice, and all seeds together make the propensities', () => {
    const taken = { small: 0, large: 0 };
    for (let seed = 0; seed < 4_000; seed++) {
      const { adapter, choice, propensity, reason } = asked({ maxLoss: 0.1, explore: 0.2, seed }, []);
      expect(choice).toBe(adapter === 'small' ? 'explored' : 'default');
      expect(propensity).toBeCloseTo(adapter === 'small' ? 0.2 : 0.8, 8);
      if (adapter === 'small')
        expect(reason).toMatch(/^To learn more of it: 20 % of the calls go to those .* Else: Too little/);
      taken[adapter as 'small' | 'large'] += 1;
    }
    expect(Math.abs(taken.small / 4_000 - 0.2)).toBeLessThan(0.025);
  });

  it('of nothing where nothing is to be explored', () => {
    expect(share({ maxLoss: 0.1, explore: 0 }, [])).toEqual({ small: 0, large: 1 });
  });
});
