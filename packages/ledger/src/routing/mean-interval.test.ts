import { choicesFrom } from '@budget/test-tools';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { greatestLead, meanInterval, roughGreatestLead } from './mean-interval.js';
import { mirrored, type Sample, sampleAt, sampleOf } from './sample.js';

/** What the bet against `trueMean` would have become, by adding up the bets on 20,000 means: slow, and plainly right. */
function evidenceByAdding({ count, mean }: Sample, trueMean: number): number {
  const parts = 20_000;
  const [good, bad] = [count * mean, count * (1 - mean)];
  let sum = 0;
  for (let part = 0; part < parts; part++) {
    // Beta(½, ½) is even in the angle whose sine squared is the mean.
    const bet = Math.sin(((part + 0.5) / parts) * (Math.PI / 2)) ** 2;
    sum += Math.exp(good * Math.log(bet / trueMean) + bad * Math.log((1 - bet) / (1 - trueMean)));
  }
  return Math.log(sum / parts);
}

const samples: readonly Sample[] = [
  sampleAt(1, 0.5),
  sampleAt(2, 1),
  sampleAt(7, 0.21),
  sampleAt(40, 0.975),
  sampleAt(300, 0.68),
];

describe('the interval of a mean', { timeout: 60_000 }, () => {
  it.each(samples)('ends where the evidence against it is what was asked: %j', (sample) => {
    expect(sample.evidence).toBeCloseTo(evidenceByAdding(sample, Math.min(sample.mean, 1 - 1e-12)), 5);
    for (const alpha of [0.5, 0.05, 1e-6]) {
      const { lower, upper } = meanInterval(sample, alpha);
      if (lower > 0) expect(evidenceByAdding(sample, lower)).toBeCloseTo(-Math.log(alpha), 3);
      if (upper < 1) expect(evidenceByAdding(sample, upper)).toBeCloseTo(-Math.log(alpha), 3);
    }
  });

  it('is everything before the first value, and never all of the truth after few', () => {
    expect(meanInterval(sampleOf(0, 0), 0.05)).toEqual({ lower: 0, upper: 1 });
    expect(meanInterval(sampleOf(1, 1), 0.05).lower).toBeCloseTo(0.025, 6);
    expect(meanInterval(sampleOf(10, 10), 0.05).lower).toBeLessThan(0.7);
  });

  const count = fc.oneof(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));
  // The smallest that is not 0 is a millionth, of as many values as can be counted.
  const mean = fc.oneof(
    fc.double({ min: 1e-22, max: 1, noNaN: true }),
    fc.constantFrom(0, 1, 1e-6, 1 - 1e-6, 1e-15, 0.5),
  );
  const anySample = fc.tuple(count, mean).map((both) => sampleAt(...both));
  const anyAlpha = fc.double({ min: 1e-12, max: 0.5, noNaN: true });

  it('holds the mean, lies between 0 and 1, and shrinks to one side only for less confidence: for any count', () => {
    fc.assert(
      fc.property(anySample, anyAlpha, (sample, alpha) => {
        const { lower, upper } = meanInterval(sample, alpha);
        const wider = meanInterval(sample, alpha / 10);
        expect(lower).toBeGreaterThanOrEqual(0);
        expect(lower).toBeLessThanOrEqual(sample.mean);
        expect(upper).toBeGreaterThanOrEqual(sample.mean);
        expect(upper).toBeLessThanOrEqual(1);
        expect(wider.lower).toBeLessThanOrEqual(lower);
        expect(wider.upper).toBeGreaterThanOrEqual(upper);
        const mirror = meanInterval(mirrored(sample), alpha);
        expect(mirror.upper).toBeCloseTo(1 - lower, 9);
      }),
      { numRuns: 2_000 },
    );
  });

  it('moves up with every good value, and narrows with more of the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.nat(), anyAlpha, (judged, some, alpha) => {
        const good = some % judged;
        const before = meanInterval(sampleOf(judged, good), alpha);
        const better = meanInterval(sampleOf(judged, good + 1), alpha);
        expect(better.lower).toBeGreaterThanOrEqual(before.lower);
        expect(better.upper).toBeGreaterThanOrEqual(before.upper);
        const more = meanInterval(sampleOf(judged * 10, good * 10), alpha);
        expect(more.upper - more.lower).toBeLessThan(before.upper - before.lower + 1e-12);
      }),
      { numRuns: 1_000 },
    );
  });

  it('of a difference is outside what was seen, and inside its rough form: for any counts', () => {
    fc.assert(
      fc.property(anySample, anySample, anyAlpha, (better, worse, alpha) => {
        const lead = greatestLead(better, worse, alpha);
        expect(lead).toBeGreaterThanOrEqual(better.mean - worse.mean);
        expect(lead).toBeLessThanOrEqual(roughGreatestLead(better, worse, alpha) + 1e-6);
        expect(greatestLead(better, worse, alpha / 10)).toBeGreaterThanOrEqual(lead - 1e-9);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of a difference is found where one of the two is nearly at its end', () => {
    const [better, worse] = [sampleAt(2282, 0.003051120774788818), sampleAt(1, 1e-6)];
    for (let power = 0; power < 60; power += 0.01) {
      const alpha = Math.exp(-power) / 2;
      const lead = greatestLead(better, worse, alpha);
      expect(lead).toBeLessThanOrEqual(roughGreatestLead(better, worse, alpha));
    }
  });

  it('of a difference is narrower than two intervals apart', () => {
    const [better, worse] = [sampleOf(200, 160), sampleOf(300, 180)];
    const apart = meanInterval(better, 0.025).upper - meanInterval(worse, 0.025).lower;
    expect(greatestLead(better, worse, 0.05)).toBeLessThan(apart - 0.02);
  });

  it('of a difference is the farthest pair that the evidence allows', () => {
    const [better, worse] = [sampleOf(60, 50), sampleOf(90, 60)];
    const evidence = -Math.log(0.05);
    let farthest = 0;
    for (let one = 0.55; one < 0.999; one += 0.002) {
      for (let other = 0.4; other < 0.8; other += 0.002) {
        if (evidenceAgainst(better, one) + evidenceAgainst(worse, other) > evidence) continue;
        farthest = Math.max(farthest, one - other);
      }
    }
    expect(greatestLead(better, worse, 0.05)).toBeCloseTo(farthest, 2);
    expect(greatestLead(sampleOf(0, 0), worse, 0.05)).toBeCloseTo(1 - meanInterval(worse, 0.05).lower, 9);
    expect(greatestLead(sampleOf(0, 0), sampleOf(0, 0), 0.05)).toBe(1);
  });
});

/** As `evidenceByAdding`, of which only the constant part has to be added up. */
function evidenceAgainst(sample: Sample, trueMean: number): number {
  const { count, mean } = sample;
  const divergence = mean * Math.log(mean / trueMean) + (1 - mean) * Math.log((1 - mean) / (1 - trueMean));
  return sample.evidence + count * divergence;
}

describe('looked at after every value, an interval of 95 % misses in 5 % of histories at most', {
  timeout: 60_000,
}, () => {
  // The long form, with more of everything, is torture/intervals.mjs.
  const histories = 400;
  const values = 1_000;
  // Five standard deviations above 20 of 400.
  const mayMiss = 42;

  it.each([
    ['coins of 0.5', (): number => 0.5, 1],
    ['coins of 0.9', (): number => 0.9, 1],
    ['coins of 0.02', (): number => 0.02, 1],
    ['marks of 0, 0.25, … 1', (): number => 0.6, 4],
    ['coins that drift', (at: number): number => 0.9 - 0.6 * (at / values), 1],
  ])('%s', (_, expected, marks) => {
    const choices = choicesFrom(20_261);
    let missed = 0;
    for (let history = 0; history < histories; history++) {
      let [sum, expectedSum] = [0, 0];
      for (let at = 1; at <= values; at++) {
        const chance = expected(at);
        for (let mark = 0; mark < marks; mark++) if (choices.chance(chance)) sum += 1 / marks;
        expectedSum += chance;
        const { lower, upper } = meanInterval(sampleOf(at, sum), 0.05);
        const truth = expectedSum / at;
        if (truth >= lower && truth <= upper) continue;
        missed += 1;
        break;
      }
    }
    expect(missed).toBeLessThanOrEqual(mayMiss);
  });

  it('so would not an interval that is made to be looked at once', () => {
    const choices = choicesFrom(20_261);
    let missed = 0;
    for (let history = 0; history < histories; history++) {
      let sum = 0;
      for (let at = 1; at <= values; at++) {
        if (choices.chance(0.5)) sum += 1;
        if (at < 10 || Math.abs(sum / at - 0.5) <= 1.96 * Math.sqrt(0.25 / at)) continue;
        missed += 1;
        break;
      }
    }
    expect(missed).toBeGreaterThan(histories / 4);
  });
});
