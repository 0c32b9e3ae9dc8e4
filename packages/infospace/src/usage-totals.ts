import type { NanoUsd } from '@budget/core';
import type { Settings } from './documents/settings-values.js';
import type { BudgetStatus, RecordedRun, UsageTotals } from './documents/usage-run.js';
import { tokensOutOfRange } from './tokens-out-of-range.js';

const nothing: UsageTotals = {
  runs: 0,
  calls: 0,
  promptTokens: 0,
  completionTokens: 0,
  totalTokens: 0,
  costNanoUsdKnown: 0n,
  costNanoUsdEstimated: 0n,
  unpricedCalls: 0,
  meteredCalls: 0,
  meteredCostNanoUsd: 0n,
};

/** What all runs together used, summed anew. */
export function totalsOf(runs: readonly RecordedRun[]): UsageTotals {
  return runs.reduce(addRun, nothing);
}

/** @throws CodedError `tokens_out_of_range` (kind `input`) when a sum passes 2^53. */
export function addRun(totals: UsageTotals, run: Pick<RecordedRun, 'rollup' | 'metered'>): UsageTotals {
  const { rollup, metered } = run;
  const totalTokens = totals.totalTokens + rollup.totalTokens;
  if (!Number.isSafeInteger(totalTokens)) throw tokensOutOfRange('all runs together');
  return {
    runs: totals.runs + 1,
    calls: totals.calls + rollup.totalCalls,
    promptTokens: totals.promptTokens + rollup.totalPromptTokens,
    completionTokens: totals.completionTokens + rollup.totalCompletionTokens,
    totalTokens,
    costNanoUsdKnown: totals.costNanoUsdKnown + rollup.costNanoUsdKnown,
    costNanoUsdEstimated: totals.costNanoUsdEstimated + (rollup.costNanoUsdEstimated ?? 0n),
    unpricedCalls: totals.unpricedCalls + rollup.unpricedCalls,
    meteredCalls: totals.meteredCalls + (metered ? rollup.totalCalls : 0),
    meteredCostNanoUsd:
      totals.meteredCostNanoUsd + (metered ? rollup.costNanoUsdKnown + (rollup.costNanoUsdEstimated ?? 0n) : 0n),
  };
}

export function sameTotals(a: UsageTotals, b: UsageTotals): boolean {
  return (Object.keys(nothing) as (keyof UsageTotals)[]).every((name) => a[name] === b[name]);
}

/** Where an infospace stands against the amounts of its `budget.yaml`. Reaching a warning counts, reaching a limit not. */
export function budgetStatus(totals: UsageTotals, settings: Settings): BudgetStatus {
  const { maxNanoUsd, warnNanoUsd, maxCalls } = settings;
  if (maxNanoUsd === null && warnNanoUsd === null && maxCalls === null) return 'none';
  const spent: NanoUsd = totals.costNanoUsdKnown + totals.costNanoUsdEstimated;
  if ((maxNanoUsd !== null && spent > maxNanoUsd) || (maxCalls !== null && totals.calls > maxCalls)) return 'exceeded';
  return warnNanoUsd !== null && spent >= warnNanoUsd ? 'warned' : 'within';
}
