import { resolve } from 'node:path';
import { usdNumber } from '@budget/core';
import { listWorkspace } from '@budget/infospace';
import { type CommandResult, text } from '../command-result.js';
import { costText, countText } from '../render/amounts.js';

export async function list(workspace: string, directory: string): Promise<CommandResult> {
  const rows = await listWorkspace(resolve(directory, workspace));
  return {
    value: rows.map(({ slug, plansCount, totals, lastRunAt, warnings, error }) => ({
      slug,
      plans_count: plansCount,
      runs_count: totals.runs,
      total_tokens: totals.totalTokens,
      total_cost_usd_known: usdNumber(totals.costNanoUsdKnown),
      total_cost_usd_estimated: usdNumber(totals.costNanoUsdEstimated),
      cost_nano_usd_known: totals.costNanoUsdKnown,
      cost_nano_usd_estimated: totals.costNanoUsdEstimated,
      unpriced_calls: totals.unpricedCalls,
      last_run_at: lastRunAt,
      warnings,
      error,
    })),
    warnings: rows.flatMap(({ slug, warnings, error }) => [
      ...(error === null ? [] : [error]),
      ...warnings.map((warning) => `${slug}: ${warning}`),
    ]),
    view: () =>
      rows.length === 0
        ? [text('No infospaces: this directory has no infospaces/ with directories in it.')]
        : [
            {
              kind: 'table',
              columns: [
                { name: 'infospace' },
                { name: 'plans', align: 'right' },
                { name: 'runs', align: 'right' },
                { name: 'tokens', align: 'right' },
                { name: 'cost', align: 'right' },
                { name: 'last run' },
              ],
              rows: rows.map(({ slug, plansCount, totals, lastRunAt, error }) => [
                slug,
                countText(plansCount),
                countText(totals.runs),
                countText(totals.totalTokens),
                costText(totals.costNanoUsdKnown + totals.costNanoUsdEstimated, totals.unpricedCalls),
                error === null ? (lastRunAt ?? '–') : 'cannot be read',
              ]),
            },
          ],
  };
}
