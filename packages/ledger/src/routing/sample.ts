/** Values from 0 to 1, of which only this is known. */
export interface Sample {
  /** A whole number from 0 on. */
  readonly count: number;
  /** 0 to 1; of no meaning where `count` is 0. */
  readonly mean: number;
}

/**
 * Sums that cannot be (more than all, negative, past every double) become the nearest that can: one wrong row in a store
 * must not break every later request of its task.
 */
export function sampleOf(count: number, sum: number): Sample {
  if (!(count > 0)) return { count: 0, mean: 0 };
  const whole = Math.min(Math.floor(count), Number.MAX_SAFE_INTEGER);
  if (whole === 0) return { count: 0, mean: 0 };
  return { count: whole, mean: Math.min(Math.max(sum / whole, 0), 1) || 0 };
}

/** The same values counted from 1 downwards: the lower bound of a sample is the upper bound of its mirror image. */
export function mirrored({ count, mean }: Sample): Sample {
  return { count, mean: 1 - mean };
}
