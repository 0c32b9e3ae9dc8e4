import type { Candidate } from './candidate.js';
import { greatestLead, roughGreatestLead } from './mean-interval.js';

/** What is known of whether a candidate is good enough. */
export interface QualityVerdict {
  /** `proven` and `ruled_out` hold at all times together with the confidence that was asked; `open` is the rest. */
  readonly standing: 'proven' | 'open' | 'ruled_out';
  /** How much quality it may lose at most, and against whom; `null` where a minimum is asked. */
  readonly worstLoss: { readonly loss: number; readonly against: string | null } | null;
}

/** By the intervals of the statistics, which must hold for all candidates together. */
export function verdictByMinimum({ statistics }: Candidate, minQuality: number): QualityVerdict {
  const { lower, upper } = statistics.quality;
  if (lower >= minQuality) return { standing: 'proven', worstLoss: null };
  return { standing: upper < minQuality ? 'ruled_out' : 'open', worstLoss: null };
}

/**
 * Against each rival of the candidate. One that was never judged may be perfect: it has to be explored, or left out.
 *
 * @param rivals most promising first (`byPromise`)
 * @param alpha of each pair of candidates: to say of a wrong one that it is good enough, its comparison with the best one
 *   must fail, so it is enough to divide by the number of the others
 */
export function verdictByLoss(
  candidate: Candidate,
  rivals: readonly Candidate[],
  { maxLoss, alpha }: { readonly maxLoss: number; readonly alpha: number },
): QualityVerdict {
  const worstLoss = worstLossOf(candidate, rivals, alpha);
  if (worstLoss.loss <= maxLoss) return { standing: 'proven', worstLoss };
  const surest = surestRival(candidate, rivals);
  const isWorse = surest !== null && greatestLead(candidate.quality, surest.quality, alpha) < -maxLoss;
  return { standing: isWorse ? 'ruled_out' : 'open', worstLoss };
}

/** Those with the highest upper bounds first, as `verdictByLoss` takes them. */
export function byPromise(candidates: readonly Candidate[]): readonly Candidate[] {
  return [...candidates].sort((first, second) => second.statistics.quality.upper - first.statistics.quality.upper);
}

function worstLossOf(candidate: Candidate, rivals: readonly Candidate[], alpha: number) {
  let worst: { readonly loss: number; readonly against: string | null } = { loss: 0, against: null };
  for (const rival of rivals) {
    if (rival.adapter === candidate.adapter) continue;
    if (roughGreatestLead(rival.quality, candidate.quality, alpha) <= worst.loss) continue;
    const loss = greatestLead(rival.quality, candidate.quality, alpha);
    if (loss > worst.loss) worst = { loss, against: rival.adapter };
  }
  return worst;
}

function surestRival({ adapter }: Candidate, rivals: readonly Candidate[]): Candidate | null {
  let surest: Candidate | null = null;
  for (const rival of rivals) {
    if (rival.adapter === adapter) continue;
    if (surest === null || rival.statistics.quality.lower > surest.statistics.quality.lower) surest = rival;
  }
  return surest;
}
