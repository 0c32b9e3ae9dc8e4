import { type Candidate, candidateOf, nothingKnown } from './candidate.js';
import { exclusionOf } from './exclusion.js';
import type { KnownSums } from './known-sums.js';
import { byPromise, type QualityVerdict, verdictByLoss, verdictByMinimum } from './quality-verdict.js';
import type { CheckedRequest } from './recommendation-request.js';

/**
 * `proven`: shown to be good enough. `ruled_out`: shown not to be. `open`: neither. `excluded`: too dear, too slow, of unknown
 * cost, or nothing of it completed.
 */
export type Standing = QualityVerdict['standing'] | 'excluded';

/** A candidate with what was made of it. */
export interface JudgedCandidate extends Candidate {
  readonly standing: Standing;
  readonly worstLoss: QualityVerdict['worstLoss'];
  /** Why it is excluded. */
  readonly exclusion: string | null;
}

export function judgedCandidates(asked: CheckedRequest, summaries: readonly KnownSums[]): readonly JudgedCandidate[] {
  const ofTask = new Map(summaries.filter(({ task }) => task === asked.task).map((each) => [each.adapter, each]));
  const alpha = 1 - asked.confidence;
  const candidates = asked.candidates.map((adapter) =>
    candidateOf(ofTask.get(adapter) ?? nothingKnown(asked.task, adapter), 1 - alpha / asked.candidates.length),
  );
  const exclusions = candidates.map((each) => exclusionOf(each, asked));
  const verdict = verdictBy(asked, candidates, exclusions);
  return candidates.map((candidate, at) => {
    const exclusion = exclusions[at] ?? null;
    const { standing, worstLoss } = verdict(candidate);
    // What was never called has no cost, and so cannot be the cheapest, whatever quality was asked.
    const isUnknown = standing === 'proven' && candidate.cost === null;
    return {
      adapter: candidate.adapter,
      statistics: candidate.statistics,
      quality: candidate.quality,
      cost: candidate.cost,
      standing: exclusion !== null ? 'excluded' : isUnknown ? 'open' : standing,
      worstLoss,
      exclusion,
    };
  });
}

function verdictBy(
  { rule, confidence, default: usual }: CheckedRequest,
  candidates: readonly Candidate[],
  exclusions: readonly (string | null)[],
): (candidate: Candidate) => QualityVerdict {
  if ('minQuality' in rule) return (candidate) => verdictByMinimum(candidate, rule.minQuality);
  // Nothing is lost against one that cannot be taken. The default always can.
  const rivals = byPromise(candidates.filter((each, at) => exclusions[at] === null || each.adapter === usual));
  const alpha = (1 - confidence) / Math.max(candidates.length - 1, 1);
  return (candidate) => verdictByLoss(candidate, rivals, { maxLoss: rule.maxLoss, alpha });
}
