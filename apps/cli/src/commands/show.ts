import { computeVariance, readInfospace, varianceLine } from '@budget/infospace';
import { chooseInfospace } from '../choose-infospace.js';
import { type CommandResult, text } from '../command-result.js';
import { runReporter } from '../compose.js';
import { recoveredRuns } from '../recovered-runs.js';
import { costText, counted, countText } from '../render/amounts.js';
import { varianceTables } from '../render/variance-tables.js';
import type { Terminal } from '../terminal.js';

export async function show(
  infospace: string | undefined,
  { last }: { readonly last: number },
  terminal: Terminal,
): Promise<CommandResult> {
  const root = chooseInfospace(infospace, terminal.directory);
  const { announceOthers: announce } = runReporter(root, terminal);
  const recovered = await recoveredRuns(root, terminal, announce);
  const { slug, plans, recentRuns, totals, documents, ...read } = await readInfospace(root, {
    recentRuns: last,
    announce,
  });
  const warnings = [...recovered, ...read.warnings];
  const lastRun = recentRuns.at(-1);
  const lastVariance = lastRun && computeVariance(lastRun);
  const spent = costText(totals.costNanoUsdKnown + totals.costNanoUsdEstimated, totals.unpricedCalls);
  const inAll = totals.runs === 0 ? '' : `: ${counted(totals.totalTokens, 'token')}, ${spent}`;
  const rest = recentRuns.length < totals.runs ? `\nThe last ${recentRuns.length} of them; --last shows more.` : '';
  return {
    value: async () => ({ slug, ...(await documents()), warnings }),
    warnings,
    view: () => [
      text(`${slug}: ${counted(plans.length, 'plan')}, ${counted(totals.runs, 'run')}${inAll}${rest}`),
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
        rows: recentRuns.map(({ runIndex, completedAt, snapshotId, rollup, budgetStatus }) => [
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
