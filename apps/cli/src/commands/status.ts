import { type Budget, computeVariance, formatUsd, readBudget, readInfospace, varianceLine } from '@budget/infospace';
import { chooseInfospace } from '../choose-infospace.js';
import type { CommandResult, View } from '../command-result.js';
import { runReporter } from '../compose.js';
import { recoveredRuns } from '../recovered-runs.js';
import { costText, counted, countText } from '../render/amounts.js';
import type { Terminal } from '../terminal.js';

export async function status(infospace: string | undefined, terminal: Terminal): Promise<CommandResult> {
  const root = chooseInfospace(infospace, terminal.directory);
  const { announceOthers: announce } = runReporter(root, terminal);
  const recovered = await recoveredRuns(root, terminal, announce);
  const { slug, plans, recentRuns, summary, totals, warnings: found } = await readInfospace(root, { announce });
  const warnings = [...recovered, ...found];
  const latestPlan = plans.at(-1);
  const lastRun = recentRuns.at(-1);
  const spent = costText(totals.costNanoUsdKnown + totals.costNanoUsdEstimated, totals.unpricedCalls);
  const told = new Set(warnings);

  /** The limits are read for people only: the libraries that check them would cost every script its start-up. */
  async function view(): Promise<View> {
    const budget = await readBudget(root, totals);
    for (const warning of budget.warnings) told.add(warning);
    const fields = [
      ['infospace', slug],
      ['plans', latestPlan ? `${plans.length}, the latest ${latestPlan.snapshotId}` : 'none'],
      ['runs', lastRun ? `${countText(totals.runs)}, the last ${at(lastRun.completedAt)}` : 'none'],
      ['calls', countText(totals.calls)],
      ['tokens', countText(totals.totalTokens)],
      [
        'spent',
        totals.unpricedCalls > 0 ? `${spent} (${counted(totals.unpricedCalls, 'call')} of unknown cost)` : spent,
      ],
      ['budget', budgetText(budget)],
      ...(lastRun
        ? [['last run', varianceLine(computeVariance(lastRun)).replace('Plan variance: ', '')] as const]
        : []),
    ] as const;
    return [{ kind: 'fields', fields }];
  }

  return {
    value: {
      slug,
      plans_count: plans.length,
      runs_count: totals.runs,
      latest_snapshot_id: latestPlan?.snapshotId ?? null,
      budget_summary: summary,
      warnings,
    },
    warnings: told,
    view,
  };
}

/** An entry by another program need not say when it was made. */
const at = (time: string | null): string => (time === null ? 'without a time' : `at ${time}`);

function budgetText({ status, maxNanoUsd, warnNanoUsd, maxCalls }: Budget): string {
  if (status === 'none') return 'no limit set';
  const limits = [
    maxNanoUsd === null ? null : `max_usd $${formatUsd(maxNanoUsd)}`,
    warnNanoUsd === null ? null : `warn_usd $${formatUsd(warnNanoUsd)}`,
    maxCalls === null ? null : `max_calls ${countText(maxCalls)}`,
  ];
  return `${status} (${limits.filter((limit) => limit !== null).join(', ')})`;
}
