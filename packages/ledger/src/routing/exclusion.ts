import { amountText } from '../budget-errors.js';
import type { Candidate } from './candidate.js';
import { compareCosts } from './cost-of-completed.js';
import type { CheckedRequest } from './recommendation-request.js';

/** Fewer calls say little of a candidate that was dear, slow or failing in them: it may still be explored. */
const TRIED_CALLS = 20;

/** Why a candidate cannot be taken, however good it may be; `null` where it can, or where nothing was observed of it. */
export function exclusionOf(
  { statistics, cost }: Candidate,
  { maxCostNanoUsd, maxP95Ms }: Pick<CheckedRequest, 'maxCostNanoUsd' | 'maxP95Ms'>,
): string | null {
  const { observations, success, latency } = statistics;
  if (observations === 0) return null;
  if (cost === null && success.completed === 0) return 'No call of it completed.';
  if (cost === null) return 'No call of it was priced, so nobody knows whether it is cheap.';
  if (maxCostNanoUsd !== null && compareCosts(cost, { nanoUsd: maxCostNanoUsd, calls: 1n }) > 0) {
    const shownCost = amountText('nanoUsd', statistics.cost.economicPerCompletedNanoUsd ?? 0n);
    return `A completed call costs ${shownCost}, more than ${amountText('nanoUsd', maxCostNanoUsd)}.`;
  }
  if (maxP95Ms === null) return null;
  if (latency.p95Ms === null) return 'No call of it was timed.';
  if (latency.p95Ms > maxP95Ms) return `Its 95th percentile is ${latency.p95Ms} ms, more than ${maxP95Ms} ms.`;
  return null;
}

/** The measures of an exclusion are no bounds: after few calls it may be an accident. */
export function isTriedEnough({ statistics }: Candidate): boolean {
  return statistics.observations >= TRIED_CALLS;
}
