import type { NanoUsd } from '@budget/core';
import type { PriceWarning } from '../pricing/price-warnings.js';
import type { PlanEstimates } from './plan-estimates.js';

/** `known`: the provider said it; `estimated`: computed from a price; `unknown`: no price, never zero. */
export type CostStatus = 'known' | 'estimated' | 'unknown' | 'partial';

export type BudgetStatus = 'none' | 'within' | 'warned' | 'exceeded';

/** How a metered run ended. */
export type RunStatus = 'completed' | 'failed' | 'cancelled';

/** Calls of one run summed by workflow, stage, provider, model, phase and tier. */
export interface UsageBucket {
  readonly workflowId: string;
  readonly stageId: string;
  readonly provider: string;
  readonly model: string;
  readonly phase: 'train' | 'infer' | null;
  readonly tier: string | null;
  readonly calls: number;
  /** Includes cached and cache-write tokens. */
  readonly promptTokens: number;
  /** Includes reasoning tokens. */
  readonly completionTokens: number;
  readonly cachedPromptTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
  readonly costNanoUsdKnown: NanoUsd;
  /** `null` when no call was estimated. */
  readonly costNanoUsdEstimated: NanoUsd | null;
  /** What it would have been without any cache hit; `null` when that is not known for some call. */
  readonly economicCostNanoUsd: NanoUsd | null;
  readonly costStatus: CostStatus;
  readonly costEstimatedForCalls: number;
  readonly costUnknownForCalls: number;
  readonly usageMissingForCalls: number;
  /** Calls whose cost is not known in full: no price, or a price but no usage. Totals that lack them show `≥`. */
  readonly unpricedCalls: number;
  readonly failedCalls: number;
  readonly retriedCalls: number;
  readonly durationMsTotal: number | null;
  readonly priceVersions: readonly string[];
}

export interface UsageRollup {
  readonly totalCalls: number;
  readonly totalPromptTokens: number;
  readonly totalCompletionTokens: number;
  readonly totalTokens: number;
  readonly costNanoUsdKnown: NanoUsd;
  /** `null` when it is zero, as the earlier tool wrote it. */
  readonly costNanoUsdEstimated: NanoUsd | null;
  readonly unpricedCalls: number;
}

/** Sums over all runs so far, so that the last entry alone tells what an infospace spent. */
export interface UsageTotals {
  readonly runs: number;
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
  readonly costNanoUsdKnown: NanoUsd;
  readonly costNanoUsdEstimated: NanoUsd;
  readonly unpricedCalls: number;
  /** How many of the calls were metered while they were made, and so were counted by live limits too. */
  readonly meteredCalls: number;
  /** What those cost, known and estimated together. */
  readonly meteredCostNanoUsd: NanoUsd;
}

export interface RecordedWorkflow {
  /** The workflow engine's own id; `null` where its record has none. */
  readonly workflowRunId: string | null;
  readonly workflowId: string;
  readonly status: string | null;
  /** How many stages were recorded in this run: of a resumed workflow only the new ones. */
  readonly stageCount: number;
  /** How many of them made a call whose usage was known; `null` in an entry by others. */
  readonly callCount: number | null;
  readonly recordHash: string | null;
  /** Its calls were metered while they were made, and stand in the buckets as such: the record itself adds none. */
  readonly covered: boolean;
}

/** One entry of `usage.yaml`. */
export interface UsageRun {
  readonly runIndex: number;
  /** UUIDv7, chosen before anything is written. */
  readonly runId: string;
  readonly startedAt: string | null;
  readonly completedAt: string;
  readonly durationSeconds: number | null;
  /** The plan it ran against, or `null`. */
  readonly snapshotId: string | null;
  /** The run whose workflows this one goes on with, or `null`. */
  readonly resumes: number | null;
  /** How it ended; `null` where that is not known, as of a run that was made of run records. */
  readonly status: RunStatus | null;
  /** Why it did not complete, in a sentence for people, or `null`. */
  readonly reason: string | null;
  /** Whether its calls were metered while they were made. Else they come from run records. */
  readonly metered: boolean;
  readonly workflows: readonly RecordedWorkflow[];
  readonly rollup: UsageRollup;
  readonly perBucket: readonly UsageBucket[];
  /** Workflows and stages that were no maps. */
  readonly skippedWorkflows: number;
  readonly skippedStages: number;
  readonly priceWarnings: readonly PriceWarning[];
  readonly budgetStatus: BudgetStatus;
  /** What the plan estimated, so that the variance survives the plan's pruning; `null` without a plan. */
  readonly plan: PlanEstimates | null;
  readonly totalsToDate: UsageTotals;
}

/** An entry as it is read, whoever wrote it: what others do not write is `null`, or follows from the rest. */
export type RecordedRun = Omit<UsageRun, 'runId' | 'completedAt' | 'totalsToDate'> & {
  /** `null` in an entry by others. */
  readonly runId: string | null;
  readonly completedAt: string | null;
  readonly totalsToDate: UsageTotals | null;
};
