import { snakeKeys } from '@budget/core';
import type { UsageFigures, UsageTotals } from '@budget/ledger';
import type { Block } from '../command-result.js';
import { countText, fineCostText } from './amounts.js';

/** Stable keys; money in nano-USD. */
export function usageFields(figures: UsageFigures | UsageTotals): Record<string, unknown> {
  return snakeKeys(figures);
}

/** A row for each name, and one for all calls; also those that have no name of this kind. */
export function usageTable(
  by: string | null,
  rows: readonly { readonly name: string; readonly figures: UsageFigures }[],
  total: UsageFigures,
): Block {
  return {
    kind: 'table',
    columns: [
      { name: by ?? 'usage' },
      { name: 'calls', align: 'right' },
      { name: 'failed', align: 'right' },
      { name: 'prompt', align: 'right' },
      { name: 'cached', align: 'right' },
      { name: 'completion', align: 'right' },
      { name: 'cost', align: 'right' },
      { name: 'without cache', align: 'right' },
      { name: 'mean ms', align: 'right' },
    ],
    rows: [
      ...rows.map(({ name, figures }) => cells(name === '' ? '(none)' : name, figures)),
      cells('all calls', total),
    ],
  };
}

function cells(name: string, figures: UsageFigures): string[] {
  const { requestCount, failedRequests, unpricedRequests, meanLatencyMs } = figures;
  const tokens = [figures.promptTokens, figures.cachedPromptTokens, figures.completionTokens];
  return [
    ...[name, countText(requestCount), countText(failedRequests), ...tokens.map(countText)],
    fineCostText(figures.costNanoUsd, unpricedRequests > 0),
    fineCostText(figures.economicCostNanoUsd, unpricedRequests > 0),
    // No call took no time: nobody said how long any took.
    meanLatencyMs === 0 ? '–' : countText(Math.round(meanLatencyMs)),
  ];
}
