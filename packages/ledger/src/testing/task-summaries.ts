import type { KnownSums } from '../routing/known-sums.js';

/** What a test says of some calls, all of them completed, judged and priced unless it says otherwise. */
export interface DescribedCalls extends Partial<Omit<KnownSums, 'adapter'>> {
  readonly calls: number;
  /** 0 to 1. */
  readonly quality?: number;
  readonly costNanoUsdEach?: number;
}

export function summaryOf(adapter: string, described: DescribedCalls): KnownSums {
  const { calls, quality = 0.8, costNanoUsdEach = 1_000, ...given } = described;
  const judged = given.judged ?? calls;
  const priced = given.priced ?? calls;
  const millionths = Math.round(quality * 1e6);
  const cost = BigInt(costNanoUsdEach);
  return {
    task: 'summarise',
    adapter,
    observations: calls,
    completed: calls,
    failed: 0,
    cancelled: 0,
    judged,
    qualityMillionths: BigInt(judged) * BigInt(millionths),
    priced,
    costNanoUsd: BigInt(priced) * cost,
    economicCostNanoUsd: BigInt(priced) * cost,
    costSquares: BigInt(priced) * cost * cost,
    latency: [],
    lastSeenMs: calls === 0 ? 0 : Date.parse('2026-03-01T12:00:00Z'),
    ...given,
  };
}

/** With one more call, which completed, was judged and priced. */
export function withCall(summary: KnownSums, quality: number, costNanoUsd: number): KnownSums {
  const millionths = BigInt(Math.round(quality * 1e6));
  const cost = BigInt(costNanoUsd);
  return {
    ...summary,
    observations: summary.observations + 1,
    completed: summary.completed + 1,
    judged: summary.judged + 1,
    qualityMillionths: summary.qualityMillionths + millionths,
    priced: summary.priced + 1,
    costNanoUsd: summary.costNanoUsd + cost,
    economicCostNanoUsd: summary.economicCostNanoUsd + cost,
    costSquares: summary.costSquares + cost * cost,
  };
}
