import type { Variance } from '@budget/infospace';
import type { View } from '../command-result.js';
import { comparisonText, costText } from './amounts.js';

/** Where the difference is: by model, and by stage where anything names one. A table of nothing is none. */
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
  const namesStages = variance.perStage.some(({ workflowId, stageId }) => `${workflowId}${stageId}` !== '');
  const tables = [
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
      rows: namesStages ? variance.perStage.map((part) => row(`${part.workflowId}/${part.stageId}`, part)) : [],
    },
  ] as const;
  return tables.filter(({ rows }) => rows.length > 0);
}
