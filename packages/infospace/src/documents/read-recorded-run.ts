import { type NanoUsd, parseNanoUsd } from '@budget/core';
import type { PriceWarning, PriceWarningKind } from '../pricing/price-warnings.js';
import { countField, integerField, mapsField, numberField, textField } from '../yaml/fields.js';
import { isMap, type YamlMap, type YamlValue } from '../yaml/scalars.js';
import { readPlanEstimates } from './plan-estimates.js';
import type { BudgetStatus, CostStatus, RecordedRun, RunStatus, UsageBucket, UsageRollup } from './usage-run.js';

/** An entry of `usage.yaml`, leniently: a field of another kind is as good as missing. */
export function readRecordedRun(entry: YamlMap): RecordedRun {
  const perBucket = mapsField(entry['per_bucket']).map(readBucket);
  const totals = isMap(entry['totals_to_date']) ? entry['totals_to_date'] : null;
  return {
    runIndex: count(entry['run_index']),
    runId: textField(entry['run_id']),
    startedAt: textField(entry['started_at']),
    completedAt: textField(entry['completed_at']),
    resumes: countField(entry['resumes']),
    status: oneOf(RUN_STATUSES, entry['status']) ?? null,
    reason: textField(entry['reason']),
    metered: entry['metered'] === true,
    skippedWorkflows: count(entry['skipped_workflows']),
    skippedStages: count(entry['skipped_stages']),
    durationSeconds: durationField(entry['duration_seconds']),
    snapshotId: textField(entry['snapshot_id']),
    workflows: mapsField(entry['workflows']).map((workflow) => ({
      workflowRunId: textField(workflow['run_id']),
      workflowId: textField(workflow['workflow_id']) ?? '',
      status: textField(workflow['status']),
      stageCount: count(workflow['stage_count']),
      callCount: countField(workflow['call_count']),
      recordHash: textField(workflow['record_hash']),
      covered: workflow['covered'] === true,
    })),
    rollup: readRollup(isMap(entry['rollup']) ? entry['rollup'] : {}, perBucket),
    perBucket,
    plan: readPlanEstimates(entry['plan'] ?? null),
    budgetStatus: oneOf(BUDGET_STATUSES, entry['budget_status']) ?? 'none',
    priceWarnings: mapsField(entry['price_warnings']).flatMap(readPriceWarning),
    totalsToDate: totals && {
      runs: count(totals['runs']),
      calls: count(totals['calls']),
      promptTokens: count(totals['prompt_tokens']),
      completionTokens: count(totals['completion_tokens']),
      totalTokens: count(totals['total_tokens']),
      costNanoUsdKnown: integerField(totals['cost_nano_usd_known']) ?? 0n,
      costNanoUsdEstimated: integerField(totals['cost_nano_usd_estimated']) ?? 0n,
      unpricedCalls: count(totals['unpriced_calls']),
      // Entries of earlier versions do not have them: then no run had been metered.
      meteredCalls: count(totals['metered_calls']),
      meteredCostNanoUsd: integerField(totals['metered_cost_nano_usd']) ?? 0n,
    },
  };
}

function readBucket(bucket: YamlMap): UsageBucket {
  const calls = count(bucket['calls']);
  const costStatus = oneOf(COST_STATUSES, bucket['cost_status']) ?? 'unknown';
  // The earlier tool did not count them: of a bucket that mixes, one at least is without a price.
  const costUnknownForCalls =
    countField(bucket['cost_unknown_for_calls']) ??
    (costStatus === 'unknown' ? calls : costStatus === 'partial' ? 1 : 0);
  return {
    workflowId: textField(bucket['workflow_id']) ?? '',
    stageId: textField(bucket['stage_id']) ?? '',
    provider: textField(bucket['provider']) ?? '',
    model: textField(bucket['model']) ?? '',
    phase: bucket['phase'] === 'train' || bucket['phase'] === 'infer' ? bucket['phase'] : null,
    tier: textField(bucket['tier']),
    calls,
    promptTokens: count(bucket['prompt_tokens']),
    completionTokens: count(bucket['completion_tokens']),
    cachedPromptTokens: count(bucket['cached_prompt_tokens']),
    cacheWriteTokens: count(bucket['cache_write_tokens']),
    reasoningTokens: count(bucket['reasoning_tokens']),
    costNanoUsdKnown: integerField(bucket['cost_nano_usd_known']) ?? usdField(bucket['cost_usd_known']) ?? 0n,
    costNanoUsdEstimated: integerField(bucket['cost_nano_usd_estimated']) ?? usdField(bucket['cost_usd_estimated']),
    economicCostNanoUsd: integerField(bucket['economic_cost_nano_usd']),
    costStatus,
    costEstimatedForCalls: count(bucket['cost_estimated_for_calls']),
    costUnknownForCalls,
    usageMissingForCalls: count(bucket['usage_missing_for_calls']),
    unpricedCalls: countField(bucket['unpriced_calls']) ?? costUnknownForCalls,
    failedCalls: count(bucket['failed_calls']),
    retriedCalls: count(bucket['retried_calls']),
    durationMsTotal: durationField(bucket['duration_ms_total']),
    priceVersions: textsField(bucket['price_versions']),
  };
}

function readRollup(rollup: YamlMap, buckets: readonly UsageBucket[]): UsageRollup {
  return {
    totalCalls: count(rollup['total_calls']),
    totalPromptTokens: count(rollup['total_prompt_tokens']),
    totalCompletionTokens: count(rollup['total_completion_tokens']),
    totalTokens: count(rollup['total_tokens']),
    costNanoUsdKnown: integerField(rollup['cost_nano_usd_known']) ?? usdField(rollup['total_cost_usd_known']) ?? 0n,
    costNanoUsdEstimated:
      integerField(rollup['cost_nano_usd_estimated']) ?? usdField(rollup['total_cost_usd_estimated']),
    unpricedCalls:
      countField(rollup['unpriced_calls']) ?? buckets.reduce((sum, bucket) => sum + bucket.unpricedCalls, 0),
  };
}

function textsField(value: YamlValue | undefined): string[] {
  return Array.isArray(value) ? value.flatMap((item) => textField(item) ?? []) : [];
}

/** `null` where there is no number. */
function usdField(value: YamlValue | undefined): NanoUsd | null {
  const number = numberField(value);
  return number === null ? null : parseNanoUsd(number);
}

function durationField(value: YamlValue | undefined): number | null {
  const number = numberField(value);
  return number === null ? null : Number(number);
}

const count = (value: YamlValue | undefined): number => countField(value) ?? 0;

const COST_STATUSES: readonly CostStatus[] = ['known', 'estimated', 'unknown', 'partial'];
const BUDGET_STATUSES: readonly BudgetStatus[] = ['none', 'within', 'warned', 'exceeded'];
const RUN_STATUSES: readonly RunStatus[] = ['completed', 'failed', 'cancelled'];
const WARNING_KINDS: readonly PriceWarningKind[] = [
  'unpriced',
  'usage_missing',
  'part_unpriced',
  'price_assumed',
  'stale',
  'reported_zero',
];

function oneOf<Word extends string>(words: readonly Word[], value: YamlValue | undefined): Word | undefined {
  return words.find((word) => word === value);
}

function readPriceWarning(warning: YamlMap): PriceWarning[] {
  const kind = oneOf(WARNING_KINDS, warning['kind']);
  const message = textField(warning['message']);
  if (kind === undefined || message === null) return [];
  const [provider, model] = [textField(warning['provider']) ?? '', textField(warning['model']) ?? ''];
  return [{ kind, provider, model, message }];
}
