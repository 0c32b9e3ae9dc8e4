import { computeVariance, readInfospace, varianceLine } from '@budget/infospace';
import { chooseInfospace } from '../choose-infospace.js';
import { type CommandResult, text } from '../command-result.js';
import { costText, counted, countText } from '../render/amounts.js';
import { varianceTables } from '../render/variance-tables.js';

export async function show(infospace: string | undefined, directory: string): Promise<CommandResult> {
  const { slug, plans, runs, documents, warnings } = await readInfospace(chooseInfospace(infospace, directory));
  const lastRun = runs.at(-1);
  const lastVariance = lastRun && computeVariance(lastRun);
  return {
    value: { slug, ...documents(), warnings },
    warnings,
    view: () => [
      text(`${slug}: ${counted(plans.length, 'plan')}, ${counted(runs.length, 'run')}`),
      {
        kind: 'table',
        columns: [
          { name: 'run', align: 'right' },
          { name: 'completed' },
          { name: 'plan' },
          { name: 'calls', align: 'right' },
          { name: 'tokens', align: 'right' },
          { name: 'cost', align: 'right' },
          { name: 'budget' },
        ],
        rows: runs.map(({ runIndex, completedAt, snapshotId, rollup, budgetStatus }) => [
          String(runIndex),
          completedAt ?? '–',
          snapshotId ?? '–',
          countText(rollup.totalCalls),
          countText(rollup.totalTokens),
          costText(rollup.costNanoUsdKnown + (rollup.costNanoUsdEstimated ?? 0n), rollup.unpricedCalls),
          budgetStatus,
        ]),
      },
      ...(lastVariance ? [text(`The last run. ${varianceLine(lastVariance)}`), ...varianceTables(lastVariance)] : []),
    ],
  };
}
