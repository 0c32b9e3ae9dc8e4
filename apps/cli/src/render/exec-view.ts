import { join, relative } from 'node:path';
import { varianceDocument, varianceLine } from '@budget/infospace';
import type { View } from '../command-result.js';
import type { RunReport } from '../compose.js';
import type { LeftForRun } from '../exec/run-limits.js';
import type { MeteredRunEnd } from '../exec/run-metered.js';
import type { Tally } from '../exec/run-tally.js';
import { counted, countText } from './amounts.js';
import { quantity } from './limit-texts.js';

export interface ExecResult extends MeteredRunEnd {
  readonly runId: string;
  readonly tally: Tally;
  readonly left: LeftForRun;
  /** The infospace leaves it less than its own limit of dollars would. */
  readonly isLeftOfInfospace: boolean;
  /** Where its calls are written down. */
  readonly directory: string;
  readonly report: RunReport;
}

export function execValue({
  runId,
  tally,
  directory,
  status,
  reason,
  endedBy,
  exitCode,
  recorded,
  report,
}: ExecResult): object {
  return {
    run_id: runId,
    run_index: recorded?.runIndex ?? null,
    status,
    reason,
    ended_by: endedBy,
    exit_code: exitCode,
    calls: tally.calls,
    refused_calls: tally.refusedCalls,
    failed_calls: tally.failedCalls,
    unpriced_calls: tally.unpricedCalls,
    estimated_calls: tally.estimatedCalls,
    tokens: tally.tokens,
    cost_nano_usd: tally.cost,
    economic_cost_nano_usd: tally.economicCost,
    cache: { local_hits: tally.localHits, provider_hits: tally.providerHits },
    budget_status: recorded?.run?.budgetStatus ?? null,
    models: [...tally.models.values()].map((model) => ({
      name: model.name,
      calls: model.calls,
      prompt_tokens: model.promptTokens,
      cached_prompt_tokens: model.cachedPromptTokens,
      completion_tokens: model.completionTokens,
      cost_nano_usd: model.cost,
      economic_cost_nano_usd: model.economicCost,
      unpriced_calls: model.unpricedCalls,
    })),
    directory,
    variance: recorded?.variance ? varianceDocument(recorded.variance) : null,
    ...report,
    warnings: recorded?.warnings ?? [],
  };
}

/** @param workingDirectory a path below it is shown from there */
export function execView(
  { runId, tally, left, isLeftOfInfospace, directory, status, reason, recorded }: ExecResult,
  workingDirectory: string,
): View {
  const isLowerBound = tally.unpricedCalls > 0;
  const whose = isLeftOfInfospace ? ' that the infospace had left' : '';
  const limit = left.nanoUsd === null ? '' : ` of ${quantity('nanoUsd', left.nanoUsd)}${whose}`;
  const remarks = [
    [tally.failedCalls, 'failed'],
    [tally.estimatedCalls, 'estimated'],
    [tally.unpricedCalls, 'of unknown cost'],
  ] as const;
  const notes = remarks.filter(([count]) => count > 0).map(([count, what]) => `${countText(count)} ${what}`);
  const calls = `${counted(tally.calls, 'call')}, ${countText(tally.tokens)} tokens`;
  const fields: (readonly [string, string])[] = [
    ['run', `${recorded === null ? runId : `${recorded.runIndex} (${runId})`}, ${status}`],
    // Its own name says nothing to a person.
    ...(reason === null ? [] : [['because', reason.replaceAll(`run:${runId}`, 'this run')] as const]),
    ['spent', `${spentText(tally.cost, isLowerBound)}${limit}, ${calls}`],
    ...(notes.length === 0 ? [] : [['of these', notes.join(', ')] as const]),
  ];
  if (tally.refusedCalls > 0) fields.push(['refused', `${counted(tally.refusedCalls, 'call')}, not sent`]);
  const hits = tally.providerHits + tally.localHits;
  if (hits > 0) {
    fields.push([
      'cache',
      `${counted(tally.providerHits, 'call')} with hits at the provider, ${countText(tally.localHits)} answered locally; without them ${spentText(tally.economicCost, isLowerBound)}`,
    ]);
  }
  if (recorded?.variance?.snapshotResolved)
    fields.push(['plan', varianceLine(recorded.variance).replace('Plan variance: ', '')]);
  if (recorded?.run && recorded.run.budgetStatus !== 'none') fields.push(['budget', recorded.run.budgetStatus]);
  const file = join(directory, 'costs.jsonl');
  const below = relative(workingDirectory, file);
  fields.push(['written to', below.startsWith('..') ? file : below]);
  if (tally.models.size === 0) return [{ kind: 'fields', fields }];
  // The same figure twice would raise the question what differs.
  const hasEconomicCost = tally.economicCost !== tally.cost;
  const columns = [
    { name: 'model' },
    { name: 'calls', align: 'right' },
    { name: 'prompt', align: 'right' },
    { name: 'cached', align: 'right' },
    { name: 'completion', align: 'right' },
    { name: 'cost', align: 'right' },
    ...(hasEconomicCost ? [{ name: 'without cache hits', align: 'right' } as const] : []),
  ] as const;
  const rows = [...tally.models.values()].map((model) => [
    model.name,
    countText(model.calls),
    countText(model.promptTokens),
    countText(model.cachedPromptTokens),
    countText(model.completionTokens),
    spentText(model.cost, model.unpricedCalls > 0),
    ...(hasEconomicCost ? [spentText(model.economicCost, model.unpricedCalls > 0)] : []),
  ]);
  return [
    { kind: 'table', columns, rows },
    { kind: 'fields', fields },
  ];
}

/** Every decimal that is not zero: a run may cost less than a millionth of a dollar. */
function spentText(nanoUsd: bigint, isLowerBound: boolean): string {
  return `${isLowerBound ? '≥' : ''}${quantity('nanoUsd', nanoUsd)}`;
}
