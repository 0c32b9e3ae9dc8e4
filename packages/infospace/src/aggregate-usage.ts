import { type Stage, tellsUsage, type WorkflowRun } from './documents/run-record.js';
import type { RecordedWorkflow, UsageBucket, UsageRollup } from './documents/usage-run.js';
import { type PricedCall, type PriceTimes, priceStageCall } from './priced-call.js';
import type { PriceBook } from './pricing/price-book.js';
import type { PriceWarning } from './pricing/price-warnings.js';
import { addCall, type BucketCall, type BucketSums, finishBuckets } from './usage-buckets.js';

/** A call of a run record, priced. */
export interface RecordedCall extends PricedCall {
  readonly workflowId: string;
}

export interface AggregatedUsage {
  readonly workflows: readonly RecordedWorkflow[];
  readonly rollup: UsageRollup;
  /** In order of first appearance. */
  readonly perBucket: readonly UsageBucket[];
  readonly skippedStages: number;
  /** Each kind once for a model. */
  readonly priceWarnings: readonly PriceWarning[];
  /** In their order. */
  readonly calls: readonly RecordedCall[];
}

/**
 * Sums the calls of workflow runs into buckets. The cost of a call is what its provider reported, else what its price
 * at the time of the call makes of its tokens, else unknown; unknown is counted and never zero.
 *
 * @throws CodedError `tokens_out_of_range` (kind `input`) when a sum passes 2^53.
 */
export function aggregateUsage(
  workflows: readonly WorkflowRun[],
  prices: PriceBook,
  times: PriceTimes,
): AggregatedUsage {
  const buckets: BucketSums = new Map();
  const warnings = new Map<string, PriceWarning>();
  const recorded: RecordedWorkflow[] = [];
  const recordedCalls: RecordedCall[] = [];
  let skippedStages = 0;
  for (const workflow of workflows) {
    const { stages, workflowId } = workflow;
    const calls = stages.filter((stage) => typeof stage !== 'string');
    skippedStages += stages.filter((stage) => stage === 'not_a_map').length;
    recorded.push(recordedWorkflow(workflow, { covered: false }));
    for (const call of calls) {
      const priced = priceStageCall(call, prices, times);
      addCall(buckets, bucketCall(workflowId, priced));
      recordedCalls.push({ workflowId, ...priced });
      for (const warning of priced.warnings) {
        warnings.set(JSON.stringify([warning.kind, warning.provider, warning.model]), warning);
      }
    }
  }
  const { rollup, perBucket } = finishBuckets(buckets);
  const priceWarnings = [...warnings.values()];
  return { workflows: recorded, rollup, perBucket, skippedStages, priceWarnings, calls: recordedCalls };
}

/** What an entry keeps of a workflow run, so that its stages are not counted again. */
export function recordedWorkflow(
  { stages, ...identity }: WorkflowRun,
  { covered }: { readonly covered: boolean },
): RecordedWorkflow {
  // What was metered is counted, whether its record says so or not.
  const isCounted = covered ? (stage: Stage): boolean => typeof stage !== 'string' : tellsUsage;
  const callCount = stages.filter(isCounted).length;
  return { ...identity, stageCount: stages.length, callCount, covered };
}

function bucketCall(workflowId: string, { call, ...priced }: PricedCall): BucketCall {
  const { stageId, provider, model, failed, durationMs } = call;
  return { ...priced, workflowId, stageId, provider, model, phase: null, failed, retried: false, durationMs };
}
