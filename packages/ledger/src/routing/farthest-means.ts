import type { Sample } from './sample.js';

/**
 * How far the true means of one or two samples may lie above their own, together, where the sum of the evidence against them
 * (`count · KL(mean ‖ true mean)`) may be `evidence` at most. One sample: its upper bound. Two, of which one is mirrored: how
 * large their difference may be. It is less than the sum of two bounds apart, because not both are at their worst at once.
 *
 * At the farthest point both samples yield as much evidence for a little more distance, so one number, the slope there,
 * determines both, each by a quadratic equation.
 *
 * @param sample with at least one value, as the other has
 * @returns the sum of the distances, never too small
 */
export function farthestAbove(sample: Sample, other: Sample | null, evidence: number): number {
  // Above 1 there is nothing.
  if (other !== null && other.mean >= 1) return farthestAbove(sample, null, evidence);
  if (sample.mean >= 1) return other === null ? 0 : farthestAbove(other, null, evidence);
  // Usual for calls that all succeed, and with a solution of its own.
  if (other === null && sample.mean === 0) return -Math.expm1(-evidence / sample.count);
  const slope = slopeOfEvidence(sample, other, evidence);
  return distanceAt(sample, slope) + (other === null ? 0 : distanceAt(other, slope));
}

/** Part of the evidence. What is used lies above what was asked by one to two times this: never too close. */
const TOLERANCE = 1e-6;
/** The true mean is 1 within the precision of a double from here on, for any count up to 2^53. */
const HIGHEST = Math.log(1e100);
const LOWEST = Math.log(1e-100);
/** Far more than the halvings that the bracket takes; 3 to 6 are usual. */
const MAX_STEPS = 200;

/**
 * Newton's method on logarithms, where the evidence is nearly a straight line. Halving where it would leave the bracket, and
 * where its steps do not become half as long: where one sample is at its end the line has a bend, and Newton's method may
 * jump from one side of it to the other for ever.
 */
function slopeOfEvidence(sample: Sample, other: Sample | null, evidence: number): number {
  const wanted = Math.log(evidence) + 1.5 * TOLERANCE;
  let low = LOWEST;
  let high = HIGHEST;
  let at = Math.log(firstSlope(sample, other, evidence));
  let lastStep = Number.POSITIVE_INFINITY;
  for (let step = 0; step < MAX_STEPS; step++) {
    const slope = Math.exp(at);
    const distance = distanceAt(sample, slope);
    let found = evidenceOf(sample, distance);
    let growth = growthAt(sample, slope, distance);
    if (other !== null) {
      const distanceOfOther = distanceAt(other, slope);
      found += evidenceOf(other, distanceOfOther);
      growth += growthAt(other, slope, distanceOfOther);
    }
    const missing = wanted - Math.log(found);
    if (Math.abs(missing) <= TOLERANCE / 2) return slope;
    if (missing > 0) low = at;
    else high = at;
    // Nothing between the two is left to try: the evidence jumps here, at the end of what a double can tell.
    if (high - low < 1e-12) break;
    const next = at + (missing * found) / growth;
    const isBracketed = low > LOWEST && high < HIGHEST;
    const isSlow = isBracketed && Math.abs(next - at) > lastStep / 2;
    lastStep = Math.abs(next - at);
    at = next > low && next < high && !isSlow ? next : (low + high) / 2;
  }
  return Math.exp(high);
}

/** Where the evidence would be a parabola. */
function firstSlope(sample: Sample, other: Sample | null, evidence: number): number {
  const width = widthOf(sample, evidence) + (other === null ? 0 : widthOf(other, evidence));
  return Math.sqrt((2 * evidence) / width);
}

function widthOf({ count, mean }: Sample, evidence: number): number {
  return (mean * (1 - mean) + evidence / (count + evidence) / 4) / count;
}

/** How far above its mean the evidence against a sample grows by `slope` for a distance of 1. */
function distanceAt({ count, mean }: Sample, slope: number): number {
  const variance = mean * (1 - mean);
  const linear = count - slope * (1 - 2 * mean);
  const root = Math.sqrt(linear * linear + 4 * slope * slope * variance);
  // Both are the larger solution of the same equation. Each subtracts nearly equal numbers where the other does not.
  const distance = linear > 0 ? (2 * slope * variance) / (linear + root) : (root - linear) / (2 * slope);
  return Math.min(distance, 1 - mean);
}

/** By how much the evidence grows with the logarithm of the slope. */
function growthAt({ count, mean }: Sample, slope: number, distance: number): number {
  const trueMean = mean + distance;
  const linear = count - slope * (1 - 2 * mean);
  const root = Math.sqrt(linear * linear + 4 * slope * slope * mean * (1 - mean));
  return root > 0 ? (slope * slope * trueMean * (1 - trueMean)) / root : 0;
}

/** `count · KL(mean ‖ mean + distance)`, without losing the small difference of its two large terms. */
function evidenceOf({ count, mean }: Sample, distance: number): number {
  if (distance <= 0) return 0;
  const gained = mean > 0 ? mean * Math.log1p(distance / mean) : 0;
  const lost = (1 - mean) * Math.log1p(-Math.min(distance / (1 - mean), 1));
  return Math.max(-count * (gained + lost), 0);
}
