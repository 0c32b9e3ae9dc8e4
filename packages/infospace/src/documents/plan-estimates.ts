import { snakeKeys } from '@budget/core';
import { mapsField, numberField, textField } from '../yaml/fields.js';
import { isMap, type YamlMap, type YamlValue } from '../yaml/scalars.js';

/** A number as a plan gave it. Plans come from other programs: it may be a fraction, or past 2^53. */
export type Estimate = number | bigint;

/** What a plan expected, as far as a run is compared with it. `null` where the plan does not say. */
export interface PlanEstimates {
  readonly totalProviderCallsEstimate: Estimate | null;
  readonly totalPromptTokensEstimate: Estimate | null;
  readonly totalCompletionTokensEstimate: Estimate | null;
  readonly estimatedCostUsd: Estimate | null;
  readonly perWorkflow: readonly PlannedWorkflow[];
  readonly perStage: readonly PlannedStage[];
  readonly models: readonly PlannedModel[];
}

export interface PlannedWorkflow {
  readonly workflowId: string;
  readonly calls: Estimate | null;
  readonly promptWordsEstimate: Estimate | null;
}

export interface PlannedStage {
  readonly workflowId: string;
  readonly stageId: string;
  readonly calls: Estimate | null;
  readonly promptTokens: Estimate | null;
  readonly completionTokens: Estimate | null;
}

export interface PlannedModel {
  readonly provider: string;
  readonly model: string;
  readonly calls: Estimate | null;
  readonly promptTokens: Estimate | null;
  readonly completionTokens: Estimate | null;
}

/** From a snapshot of `plans.yaml`, or from the copy that a run keeps of it: they share their names. */
export function readPlanEstimates(snapshot: YamlValue): PlanEstimates | null {
  if (!isMap(snapshot)) return null;
  return {
    totalProviderCallsEstimate: numberField(snapshot['total_provider_calls_estimate']),
    totalPromptTokensEstimate: numberField(snapshot['total_prompt_tokens_estimate']),
    totalCompletionTokensEstimate: numberField(snapshot['total_completion_tokens_estimate']),
    estimatedCostUsd: numberField(snapshot['estimated_cost_usd']),
    perWorkflow: mapsField(snapshot['per_workflow']).map((row) => ({
      workflowId: textField(row['workflow_id']) ?? '',
      calls: numberField(row['calls']),
      promptWordsEstimate: numberField(row['prompt_words_estimate']),
    })),
    perStage: mapsField(snapshot['per_stage']).map((row) => ({
      workflowId: textField(row['workflow_id']) ?? '',
      stageId: textField(row['stage_id']) ?? '',
      ...callsAndTokens(row),
    })),
    models: mapsField(snapshot['models']).map((row) => ({
      provider: textField(row['provider']) ?? '',
      model: textField(row['model']) ?? '',
      ...callsAndTokens(row),
    })),
  };
}

export function planEstimatesDocument(plan: PlanEstimates): Record<string, unknown> {
  return {
    ...snakeKeys(plan),
    per_workflow: plan.perWorkflow.map((row) => snakeKeys(row)),
    per_stage: plan.perStage.map((row) => snakeKeys(row)),
    models: plan.models.map((row) => snakeKeys(row)),
  };
}

function callsAndTokens(row: YamlMap): Pick<PlannedModel, 'calls' | 'promptTokens' | 'completionTokens'> {
  return {
    calls: numberField(row['calls']),
    promptTokens: numberField(row['prompt_tokens']),
    completionTokens: numberField(row['completion_tokens']),
  };
}
