import { resolve } from 'node:path';
import { CodedError } from '@budget/core';
import {
  type AnnounceRun,
  explainRun,
  pricesIn,
  type RecordedRun,
  readInfospace,
  type StageExplanation,
} from '@budget/infospace';
import { chooseInfospace } from '../choose-infospace.js';
import { type CommandResult, text, type View } from '../command-result.js';
import { runReporter } from '../compose.js';
import { recoveredRuns } from '../recovered-runs.js';
import { counted, countText, fineCostText } from '../render/amounts.js';
import { lineTable, priceNote, receiptFields, sums } from '../render/receipt.js';
import type { Terminal } from '../terminal.js';

export interface ExplainOptions {
  readonly infospace?: string;
  readonly workspace?: string;
}

/** What a recorded run cost, stage by stage, and how. */
export async function explain(wanted: string, options: ExplainOptions, terminal: Terminal): Promise<CommandResult> {
  const { directory } = terminal;
  const root = chooseInfospace(options.infospace, directory);
  const { announceOthers: announce } = runReporter(root, terminal);
  const recovered = await recoveredRuns(root, terminal, announce);
  const run = await findRun(root, wanted, announce);
  const { book } = await pricesIn({
    infospace: root,
    workspace: options.workspace === undefined ? undefined : resolve(directory, options.workspace),
  });
  const stages = explainRun(run, book);
  const warnings = [...recovered, ...run.priceWarnings.map(({ message }) => message)];
  return {
    value: {
      run_index: run.runIndex,
      run_id: run.runId,
      completed_at: run.completedAt,
      cost_nano_usd_known: run.rollup.costNanoUsdKnown,
      cost_nano_usd_estimated: run.rollup.costNanoUsdEstimated,
      unpriced_calls: run.rollup.unpricedCalls,
      stages: stages.map(stageFields),
      warnings,
    },
    warnings,
    view: () => [text(title(run)), ...stages.flatMap(stageView)],
  };
}

async function findRun(root: string, wanted: string, announce: AnnounceRun): Promise<RecordedRun> {
  if (wanted === 'latest') {
    const latest = (await readInfospace(root, { announce })).recentRuns.at(-1);
    if (latest !== undefined) return latest;
  }
  const { slug, recentRuns } = await readInfospace(root, { recentRuns: Number.POSITIVE_INFINITY, announce });
  const found = recentRuns.findLast(({ runIndex, runId }) => String(runIndex) === wanted || runId === wanted);
  if (found !== undefined) return found;
  throw new CodedError({
    code: 'run_not_found',
    kind: 'input',
    message:
      recentRuns.length === 0
        ? `${slug} has no run yet. Record one with \`budget run record\`.`
        : `${slug} has no run ${wanted}. Name one by its number, ${recentRuns[0]?.runIndex} to ${recentRuns.at(-1)?.runIndex}, by its run_id, or as latest.`,
  });
}

function title({ runIndex, runId, completedAt, rollup }: RecordedRun): string {
  const { costNanoUsdKnown: known, costNanoUsdEstimated, unpricedCalls } = rollup;
  const estimated = costNanoUsdEstimated ?? 0n;
  const sources = [
    `${fineCostText(known, false)} as providers reported`,
    `${fineCostText(estimated, false)} by prices`,
    ...(unpricedCalls > 0 ? [`${counted(unpricedCalls, 'call')} of unknown cost`] : []),
  ];
  return [
    `Run ${runIndex}${runId === null ? '' : ` (${runId})`}, ${completedAt ?? 'without a time'}`,
    `${counted(rollup.totalCalls, 'call')}: ${fineCostText(known + estimated, unpricedCalls > 0)} (${sources.join(', ')})`,
  ].join('\n');
}

function stageFields({ bucket, receipt, roundingNanoUsd }: StageExplanation): Record<string, unknown> {
  return {
    workflow_id: bucket.workflowId,
    stage_id: bucket.stageId,
    provider: bucket.provider,
    model: bucket.model,
    tier: bucket.tier,
    calls: bucket.calls,
    prompt_tokens: bucket.promptTokens,
    cached_prompt_tokens: bucket.cachedPromptTokens,
    cache_write_tokens: bucket.cacheWriteTokens,
    completion_tokens: bucket.completionTokens,
    reasoning_tokens: bucket.reasoningTokens,
    cost_status: bucket.costStatus,
    cost_nano_usd_known: bucket.costNanoUsdKnown,
    cost_nano_usd_estimated: bucket.costNanoUsdEstimated,
    economic_cost_nano_usd: bucket.economicCostNanoUsd,
    unpriced_calls: bucket.unpricedCalls,
    usage_missing_for_calls: bucket.usageMissingForCalls,
    price_versions: bucket.priceVersions,
    receipt: receipt && receiptFields(receipt),
    rounding_nano_usd: roundingNanoUsd,
  };
}

function stageView({ bucket, receipt, roundingNanoUsd }: StageExplanation): View {
  const stage = [bucket.workflowId, bucket.stageId].filter((part) => part !== '').join('/');
  const name = `${stage === '' ? '' : `${stage}: `}${bucket.provider} ${bucket.model || '(no model named)'}, ${counted(bucket.calls, 'call')}`;
  if (receipt === null) return [text([name, tokenText(bucket), ...reasons(bucket)].join('\n'))];
  const rounding =
    roundingNanoUsd === 0n || roundingNanoUsd === null
      ? ''
      : `\nRecorded ${fineCostText(bucket.costNanoUsdEstimated ?? 0n, false)}: each call was rounded on its own (${roundingNanoUsd} nano-USD).`;
  return [text([name, priceNote(receipt)].join('\n')), lineTable(receipt), text(sums(receipt) + rounding)];
}

function tokenText(bucket: StageExplanation['bucket']): string {
  const parts = [
    [bucket.promptTokens, 'prompt tokens'],
    [bucket.cachedPromptTokens, 'of them cached'],
    [bucket.cacheWriteTokens, 'of them written to the cache'],
    [bucket.completionTokens, 'completion tokens'],
    [bucket.reasoningTokens, 'of them reasoning'],
  ] as const;
  return parts
    .filter(([count], index) => count > 0 || index === 0 || index === 3)
    .map(([count, what]) => `${countText(count)} ${what}`)
    .join(', ');
}

/** Why there is no arithmetic to show. */
function reasons(bucket: StageExplanation['bucket']): string[] {
  const { calls, failedCalls, unpricedCalls, costNanoUsdKnown, costNanoUsdEstimated } = bucket;
  if (failedCalls === calls && unpricedCalls === 0 && costNanoUsdKnown + (costNanoUsdEstimated ?? 0n) === 0n) {
    return [`${calls === 1 ? 'The call' : `All ${countText(calls)} calls`} failed and cost nothing.`];
  }
  const reported = bucket.calls - bucket.costEstimatedForCalls - bucket.costUnknownForCalls;
  const told: string[] = [];
  if (reported > 0) {
    told.push(
      `Its provider reported ${fineCostText(bucket.costNanoUsdKnown, false)} for ${counted(reported, 'call')}.`,
    );
  }
  // A price of tokens that are missing is no figure to show.
  if (bucket.costEstimatedForCalls > bucket.usageMissingForCalls) {
    const by = bucket.priceVersions.length === 0 ? 'a price' : bucket.priceVersions.join(', ');
    told.push(
      `${fineCostText(bucket.costNanoUsdEstimated ?? 0n, false)} for ${counted(bucket.costEstimatedForCalls, 'call')} by ${by}, which the sums of tokens alone do not lead to.`,
    );
  }
  if (bucket.costUnknownForCalls > 0)
    told.push(`No price is known for ${counted(bucket.costUnknownForCalls, 'call')}.`);
  if (bucket.usageMissingForCalls > 0) told.push(`${counted(bucket.usageMissingForCalls, 'call')} came without usage.`);
  return told;
}
