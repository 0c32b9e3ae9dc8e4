import type { Variance } from '@budget/infospace';
import type { View } from '../command-result.js';
import { comparisonText, costText } from './amounts.js';

/** Where the difference is: by model, and by stage where the plan tells them apart. */
export function varianceTables(variance: Variance): View {
  const columns = (first: string) =>
    [
      { name: first },
      { name: 'calls', align: 'right' },
      { name: 'prompt tokens', align: 'right' },
      { name: 'completion tokens', align: 'right' },
      { name: 'cost', align: 'right' },
    ] as const;
  const row = (name: string, part: Variance['perModel'][number] | Variance['perStage'][number]): string[] => [
    name,
    comparisonText(part.calls),
    comparisonText(part.promptTokens),
    comparisonText(part.completionTokens),
    costText(part.costNanoUsdActual, part.unpricedCalls),
  ];
  return [
    {
      kind: 'table',
      title: 'By model, actual/planned',
      columns: columns('model'),
      rows: variance.perModel.map((part) => row(`${part.provider} ${part.model || '(none)'}`, part)),
    },
    {
      kind: 'table',
      title: 'By stage, actual/planned',
      columns: columns('stage'),
      rows: variance.perStage.map((part) => row(`${part.workflowId}/${part.stageId}`, part)),
    },
  ];
}
