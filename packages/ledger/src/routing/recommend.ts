import { compareCosts } from './cost-of-completed.js';
import { isTriedEnough } from './exclusion.js';
import { drawShares, propensityOf, takenAt } from './exploration.js';
import { type JudgedCandidate, judgedCandidates, type Standing } from './judged-candidates.js';
import type { KnownSums } from './known-sums.js';
import { reasonOf, whyNotOf } from './recommendation-reason.js';
import { checkedRequest, type RecommendationRequest } from './recommendation-request.js';
import { seededDraw } from './seeded-draw.js';
import type { TaskStatistics } from './task-statistics.js';

/** Whom to call, why, and with which probability: enough to judge the way of choosing from its own log later. */
export interface Recommendation {
  readonly task: string;
  readonly adapter: string;
  /** It was shown to be good enough, and is the cheapest such; too little is known; or to learn more of it. */
  readonly choice: 'proven' | 'default' | 'explored';
  /** For people. */
  readonly reason: string;
  /** With which `adapter` was taken, over all seeds: more than 0. */
  readonly propensity: number;
  /** In the order in which they were named. */
  readonly candidates: readonly CandidateAdvice[];
}

/** The intervals of all candidates hold together with the confidence that was asked. */
export interface CandidateAdvice extends TaskStatistics {
  readonly standing: Standing;
  /** Under `maxLoss`: how much quality it may lose at most against the best; else `null`. */
  readonly worstLoss: number | null;
  /** Those of all candidates sum to exactly 1. */
  readonly propensity: number;
  /** For people; `null` for the one that was taken. */
  readonly whyNot: string | null;
}

/**
 * The cheapest candidate that is shown to be good enough. While there is none, the default. A share of calls goes to those
 * that may be good enough and cheaper, as long as there are any, so that what is not known does not stay so.
 *
 * The same request and summaries give the same answer. Nothing is read, and no state of any summary makes it fail.
 *
 * @param summaries sums over the calls of each adapter at the task; those of other tasks and adapters are left aside; a candidate without one was never observed
 * @throws CodedError `recommendation_invalid`
 */
export function recommend(request: RecommendationRequest, summaries: readonly KnownSums[]): Recommendation {
  const asked = checkedRequest(request);
  const judged = judgedCandidates(asked, summaries);
  const proven = cheapestProven(judged);
  const usual = proven[0] ?? (judged.find(({ adapter }) => adapter === asked.default) as JudgedCandidate);
  const toLearn = judged.filter((each) => isWorthLearning(each, usual, proven.length > 0));
  const shares = drawShares(
    usual.adapter,
    toLearn.map(({ adapter }) => adapter),
    asked.explore,
  );
  const adapter = takenAt(shares, seededDraw(asked.task, asked.seed));
  const decision = { asked, judged, proven, usual, toLearn, adapter };
  return {
    task: asked.task,
    adapter,
    choice: adapter !== usual.adapter ? 'explored' : proven.length > 0 ? 'proven' : 'default',
    reason: reasonOf(decision),
    propensity: propensityOf(shares, adapter),
    candidates: judged.map((each) => adviceOn(each, propensityOf(shares, each.adapter), whyNotOf(each, decision))),
  };
}

/** Field by field: to spread the statistics takes as long as to compute them. */
function adviceOn({ statistics, standing, worstLoss }: JudgedCandidate, propensity: number, whyNot: string | null) {
  return {
    task: statistics.task,
    adapter: statistics.adapter,
    observations: statistics.observations,
    confidence: statistics.confidence,
    quality: statistics.quality,
    success: statistics.success,
    cost: statistics.cost,
    latency: statistics.latency,
    lastSeenMs: statistics.lastSeenMs,
    standing,
    worstLoss: worstLoss?.loss ?? null,
    propensity,
    whyNot,
  } satisfies CandidateAdvice;
}

/** Cheapest first; of equal cost whose quality is the surest, and else the one that was named first. */
function cheapestProven(judged: readonly JudgedCandidate[]): readonly JudgedCandidate[] {
  return judged
    .filter(({ standing }) => standing === 'proven')
    .sort(
      (first, second) =>
        compareCosts(first.cost, second.cost) || second.statistics.quality.lower - first.statistics.quality.lower,
    );
}

/** Whether it could take the place of the usual one once more is known of it. */
function isWorthLearning(candidate: JudgedCandidate, usual: JudgedCandidate, isProven: boolean): boolean {
  if (candidate.adapter === usual.adapter) return false;
  if (candidate.standing === 'excluded' && isTriedEnough(candidate)) return false;
  if (candidate.standing === 'ruled_out' || candidate.standing === 'proven') return false;
  return !isProven || candidate.cost === null || compareCosts(candidate.cost, usual.cost) < 0;
}
