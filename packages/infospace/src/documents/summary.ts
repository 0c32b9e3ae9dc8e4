import { snakeKeys, usdNumber } from '@budget/core';
import type { Comparison, PartVariance, Variance } from '../compute-variance.js';
import { type JsonFields, jsonFields } from '../yaml/json-ready.js';
import { YamlFloat } from '../yaml/scalars.js';

/** A variance as `summary.yaml`: names and figures as on disk, ready for `JSON.stringify`. */
export function varianceDocument(variance: Variance): JsonFields {
  return jsonFields(varianceFields(variance));
}

/** As it stands in the file. */
export function varianceFields(variance: Variance): Record<string, unknown> {
  const { cost } = variance;
  return {
    schema_version: 1,
    recorded_at: variance.recordedAt,
    run_index: variance.runIndex,
    run_id: variance.runId,
    snapshot_id: variance.snapshotId,
    snapshot_resolved: variance.snapshotResolved,
    calls: comparisonDocument(variance.calls),
    prompt_tokens: comparisonDocument(variance.promptTokens),
    completion_tokens: comparisonDocument(variance.completionTokens),
    total_tokens: comparisonDocument(variance.totalTokens),
    cached_prompt_tokens: variance.cachedPromptTokens,
    cost_usd: {
      estimated: cost.estimatedUsd,
      actual_known: usd(cost.knownNanoUsd),
      actual_estimated_from_rates: usd(cost.estimatedFromRatesNanoUsd),
      actual_total: usd(cost.totalNanoUsd),
      delta: cost.deltaUsd === null ? null : new YamlFloat(cost.deltaUsd),
      ratio: ratioDocument(cost.ratio),
    },
    cost_nano_usd_known: cost.knownNanoUsd,
    cost_nano_usd_estimated: cost.estimatedFromRatesNanoUsd,
    cost_nano_usd_total: cost.totalNanoUsd,
    cost_nano_usd_delta: cost.deltaNanoUsd,
    economic_cost_usd: variance.economicCostNanoUsd === null ? null : usd(variance.economicCostNanoUsd),
    economic_cost_nano_usd: variance.economicCostNanoUsd,
    unpriced_calls: variance.unpricedCalls,
    budget_status: variance.budgetStatus,
    price_warnings: variance.priceWarnings.map((warning) => snakeKeys(warning)),
    per_workflow: variance.perWorkflow.map((workflow) => ({
      workflow_id: workflow.workflowId,
      calls: comparisonDocument(workflow.calls),
      prompt_tokens_actual: workflow.promptTokensActual,
      prompt_words_estimate: workflow.promptWordsEstimate,
    })),
    per_stage: variance.perStage.map((stage) => ({
      workflow_id: stage.workflowId,
      stage_id: stage.stageId,
      ...partDocument(stage),
    })),
    per_model: variance.perModel.map((model) => ({
      provider: model.provider,
      model: model.model,
      ...partDocument(model),
    })),
    duration_seconds: variance.durationSeconds,
  };
}

function partDocument(part: PartVariance): Record<string, unknown> {
  return {
    calls: comparisonDocument(part.calls),
    prompt_tokens: comparisonDocument(part.promptTokens),
    completion_tokens: comparisonDocument(part.completionTokens),
    cost_usd_actual: usd(part.costNanoUsdActual),
    cost_nano_usd_actual: part.costNanoUsdActual,
    unpriced_calls: part.unpricedCalls,
  };
}

function comparisonDocument(comparison: Comparison): Record<string, unknown> {
  return { ...comparison, ratio: ratioDocument(comparison.ratio) };
}

const ratioDocument = (ratio: number | null): YamlFloat | null => (ratio === null ? null : new YamlFloat(ratio));
const usd = (amount: bigint): YamlFloat => new YamlFloat(usdNumber(amount));
