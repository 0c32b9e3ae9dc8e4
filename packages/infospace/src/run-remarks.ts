import { formatUsd } from '@budget/core';
import type { Settings } from './documents/settings-values.js';
import type { UsageRun, UsageTotals } from './documents/usage-run.js';

/** What a person should know of a run that was recorded all the same, one sentence each. */
export function runRemarks(run: UsageRun, settings: Settings): string[] {
  const { snapshotId, plan, skippedStages, skippedWorkflows, totalsToDate, budgetStatus } = run;
  const remarks: string[] = [];
  if (snapshotId !== null && plan === null) {
    remarks.push(`There is no plan ${snapshotId}: the run was recorded without one.`);
  }
  if (skippedWorkflows > 0) remarks.push(`Run records that are no maps were skipped: ${skippedWorkflows}.`);
  if (skippedStages > 0) remarks.push(`Stages that are no maps were skipped: ${skippedStages}.`);
  if (budgetStatus === 'exceeded')
    remarks.push(`The budget of this infospace is exceeded: ${used(totalsToDate, settings)}.`);
  if (budgetStatus === 'warned')
    remarks.push(`The budget of this infospace has reached its warning: ${used(totalsToDate, settings)}.`);
  return remarks;
}

function used(totals: UsageTotals, settings: Settings): string {
  const amount = formatUsd(totals.costNanoUsdKnown + totals.costNanoUsdEstimated);
  const spent = `${totals.unpricedCalls > 0 ? '≥' : ''}$${amount}`;
  const limits = [
    settings.maxNanoUsd === null ? null : `max_usd ${formatUsd(settings.maxNanoUsd)}`,
    settings.warnNanoUsd === null ? null : `warn_usd ${formatUsd(settings.warnNanoUsd)}`,
    settings.maxCalls === null ? null : `max_calls ${settings.maxCalls}`,
  ];
  const set = limits.filter((limit) => limit !== null).join(', ');
  return `all runs together used ${spent} in ${totals.calls} calls (${set})`;
}
