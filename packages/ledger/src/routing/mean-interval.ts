import { farthestAbove } from './farthest-means.js';
import { mirrored, type Sample } from './sample.js';

/** Where a mean lies, as far as it is known. Without any value that is from 0 to 1. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/**
 * Holds at all times together with probability 1 − `alpha` at least: one may look after every value, and stop because of what
 * one saw. What it holds for is the mean of what was to be expected of each value, given those before it; so values may
 * depend on each other, and may drift: then it is about the average until now, not about the next value.
 * (`evidenceAtMean` says why. Under drift the evidence against the average is at most that against the parts.)
 *
 * @param sample of values from 0 to 1
 */
export function meanInterval(sample: Sample, alpha: number): Interval {
  if (sample.count === 0) return { lower: 0, upper: 1 };
  const evidence = -Math.log(alpha) - sample.evidence;
  return {
    lower: Math.max(sample.mean - farthestAbove(mirrored(sample), null, evidence), 0),
    upper: Math.min(sample.mean + farthestAbove(sample, null, evidence), 1),
  };
}

/**
 * The most by which the mean of `better` may exceed that of `worse`; negative where it is surely less. Holds at all times
 * together with probability 1 − `alpha`, also where what was seen decided which of the two got the next value.
 */
export function greatestLead(better: Sample, worse: Sample, alpha: number): number {
  // The true mean of one without values may be at its end.
  if (worse.count === 0) return meanInterval(better, alpha).upper;
  if (better.count === 0) return 1 - meanInterval(worse, alpha).lower;
  const farther = farthestAbove(better, mirrored(worse), evidenceOfPair(better, worse, alpha));
  return Math.min(farthestLead(better, worse) + farther, 1);
}

/** At least `greatestLead`, for a fraction of the work: as if the evidence were a parabola that lies below it. */
export function roughGreatestLead(better: Sample, worse: Sample, alpha: number): number {
  const width = roughWidth(better.count, better.mean) + roughWidth(worse.count, 1 - worse.mean);
  return Math.min(farthestLead(better, worse) + Math.sqrt(width * evidenceOfPair(better, worse, alpha)), 1);
}

function roughWidth(count: number, mean: number): number {
  if (count === 0) return 0;
  // Of values from 0 to 1 with any mean from this one upwards.
  const greatestVariance = mean >= 0.5 ? mean * (1 - mean) : 0.25;
  return (2 * greatestVariance) / count;
}

/** Of what was seen. The true mean of a sample without values may be as far as it goes. */
function farthestLead(better: Sample, worse: Sample): number {
  return (better.count > 0 ? better.mean : 1) - (worse.count > 0 ? worse.mean : 0);
}

function evidenceOfPair(better: Sample, worse: Sample, alpha: number): number {
  return -Math.log(alpha) - better.evidence - worse.evidence;
}
