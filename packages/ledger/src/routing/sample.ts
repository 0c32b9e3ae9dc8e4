import { evidenceAtMean } from './mixture-evidence.js';

/** Values from 0 to 1, of which only their number and their mean are known. */
export interface Sample {
  /** A whole number from 0 on. */
  readonly count: number;
  /** 0 to 1; of no meaning where `count` is 0. */
  readonly mean: number;
  /** `evidenceAtMean` of these: each candidate is compared with each other one, and it is the same every time. */
  readonly evidence: number;
}

/** @param mean from 0 to 1 */
export function sampleAt(count: number, mean: number): Sample {
  return { count, mean, evidence: evidenceAtMean(count, mean) };
}

/**
 * Sums that cannot be (more than all, negative, past every double) become the nearest that can: one wrong row in a store
 * must not break every later request of its task.
 */
export function sampleOf(count: number, sum: number): Sample {
  if (!(count >= 1)) return sampleAt(0, 0);
  const whole = Math.min(Math.floor(count), Number.MAX_SAFE_INTEGER);
  return sampleAt(whole, Math.min(Math.max(sum / whole, 0), 1) || 0);
}

/** The same values counted from 1 downwards: the lower bound of a sample is the upper bound of its mirror image. */
export function mirrored({ count, mean, evidence }: Sample): Sample {
  return { count, mean: 1 - mean, evidence };
}
