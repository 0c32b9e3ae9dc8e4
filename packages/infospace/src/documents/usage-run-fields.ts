import { type NanoUsd, snakeKeys, usdNumber } from '@budget/core';
import { type JsonFields, jsonFields } from '../yaml/json-ready.js';
import { YamlFloat } from '../yaml/scalars.js';
import { planEstimatesDocument } from './plan-estimates.js';
import type { RecordedRun, RecordedWorkflow, UsageBucket, UsageRollup, UsageRun } from './usage-run.js';

/** A run as its entry in `usage.yaml`: names and figures as on disk, ready for `JSON.stringify`. */
export function usageRunDocument(run: RecordedRun): JsonFields {
  return jsonFields(usageRunFields(run));
}

/**
 * As it stands in the file. `run_index` first and `end_of_run` last tell a whole entry from a torn one.
 *
 * @param startsAtByte where in the file the entry begins: as long as it stands there, nothing before it was changed, and
 * `totals_to_date` holds.
 */
export function usageEntryFields(run: UsageRun, startsAtByte: number): Record<string, unknown> {
  const { end_of_run, ...fields } = usageRunFields(run);
  return { ...fields, starts_at_byte: startsAtByte, end_of_run };
}

function usageRunFields(run: RecordedRun): Record<string, unknown> {
  return {
    run_index: run.runIndex,
    run_id: run.runId,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    duration_seconds: run.durationSeconds,
    snapshot_id: run.snapshotId,
    resumes: run.resumes,
    // What runs of run records do not have is left out there: their entries stay as they were.
    ...(run.status !== null && { status: run.status, reason: run.reason }),
    ...(run.metered && { metered: true }),
    workflows: run.workflows.map(workflowDocument),
    rollup: rollupDocument(run.rollup),
    per_bucket: run.perBucket.map(bucketDocument),
    skipped_workflows: run.skippedWorkflows,
    skipped_stages: run.skippedStages,
    price_warnings: run.priceWarnings.map((warning) => snakeKeys(warning)),
    budget_status: run.budgetStatus,
    plan: run.plan && planEstimatesDocument(run.plan),
    totals_to_date: run.totalsToDate && snakeKeys(run.totalsToDate),
    end_of_run: run.runIndex,
  };
}

function workflowDocument(workflow: RecordedWorkflow): Record<string, unknown> {
  const { workflowRunId, recordHash, covered, ...named } = workflow;
  return {
    run_id: workflowRunId,
    ...snakeKeys(named),
    ...(recordHash !== null && { record_hash: recordHash }),
    ...(covered && { covered: true }),
  };
}

function rollupDocument(rollup: UsageRollup): Record<string, unknown> {
  return {
    total_calls: rollup.totalCalls,
    total_prompt_tokens: rollup.totalPromptTokens,
    total_completion_tokens: rollup.totalCompletionTokens,
    total_tokens: rollup.totalTokens,
    total_cost_usd_known: usd(rollup.costNanoUsdKnown),
    total_cost_usd_estimated: nullableUsd(rollup.costNanoUsdEstimated),
    cost_nano_usd_known: rollup.costNanoUsdKnown,
    cost_nano_usd_estimated: rollup.costNanoUsdEstimated,
    unpriced_calls: rollup.unpricedCalls,
  };
}

function bucketDocument(bucket: UsageBucket): Record<string, unknown> {
  const known = bucket.costNanoUsdKnown;
  const estimated = bucket.costNanoUsdEstimated;
  return {
    workflow_id: bucket.workflowId,
    stage_id: bucket.stageId,
    provider: bucket.provider,
    model: bucket.model,
    calls: bucket.calls,
    prompt_tokens: bucket.promptTokens,
    completion_tokens: bucket.completionTokens,
    total_tokens: bucket.promptTokens + bucket.completionTokens,
    cost_usd_known: usd(known),
    cost_usd_estimated: nullableUsd(estimated),
    cost_status: bucket.costStatus,
    cost_estimated_for_calls: bucket.costEstimatedForCalls,
    cost_usd: bucket.unpricedCalls > 0 ? null : usd(known + (estimated ?? 0n)),
    phase: bucket.phase,
    tier: bucket.tier,
    price_versions: bucket.priceVersions,
    retried_calls: bucket.retriedCalls,
    cached_prompt_tokens: bucket.cachedPromptTokens,
    cache_write_tokens: bucket.cacheWriteTokens,
    reasoning_tokens: bucket.reasoningTokens,
    cost_nano_usd_known: known,
    cost_nano_usd_estimated: estimated,
    economic_cost_nano_usd: bucket.economicCostNanoUsd,
    cost_unknown_for_calls: bucket.costUnknownForCalls,
    usage_missing_for_calls: bucket.usageMissingForCalls,
    unpriced_calls: bucket.unpricedCalls,
    failed_calls: bucket.failedCalls,
    duration_ms_total: bucket.durationMsTotal,
  };
}

/** A float even where it is whole: the earlier tool wrote `0.0`. */
const usd = (amount: NanoUsd): YamlFloat => new YamlFloat(usdNumber(amount));
const nullableUsd = (amount: NanoUsd | null): YamlFloat | null => (amount === null ? null : usd(amount));
