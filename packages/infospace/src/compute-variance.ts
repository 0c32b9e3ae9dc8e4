import { divideHalfEven, formatDecimal, type NanoUsd, parseDecimal, rescale } from '@budget/core';
import { compareCodePoints } from './compare-code-points.js';
import type { Estimate, PlanEstimates } from './documents/plan-estimates.js';
import type { BudgetStatus, RecordedRun, UsageBucket } from './documents/usage-run.js';
import type { PriceWarning } from './pricing/price-warnings.js';

/** One figure, planned and actual. `null` where there was no plan, or the plan did not say. */
export interface Comparison {
  readonly estimated: Estimate | null;
  readonly actual: number;
  readonly delta: Estimate | null;
  /** actual / estimated at 4 decimals, half-even on the exact value; `null` when nothing was estimated. */
  readonly ratio: number | null;
}

export interface CostComparison {
  /** As the plan gave it. */
  readonly estimatedUsd: Estimate | null;
  /** What providers reported. */
  readonly knownNanoUsd: NanoUsd;
  /** What prices make of the tokens. */
  readonly estimatedFromRatesNanoUsd: NanoUsd;
  /** A lower bound while `unpricedCalls` is not 0. */
  readonly totalNanoUsd: NanoUsd;
  /** actual - estimated, exact to the nano-USD; the estimate is rounded half-even to it. */
  readonly deltaNanoUsd: NanoUsd | null;
  /** The same difference at 6 decimals, rounded once from the exact value. */
  readonly deltaUsd: number | null;
  readonly ratio: number | null;
}

export interface WorkflowVariance {
  readonly workflowId: string;
  readonly calls: Comparison;
  readonly promptTokensActual: number;
  readonly promptWordsEstimate: Estimate | null;
}

export interface PartVariance {
  readonly calls: Comparison;
  readonly promptTokens: Comparison;
  readonly completionTokens: Comparison;
  readonly costNanoUsdActual: NanoUsd;
  readonly unpricedCalls: number;
}

export type StageVariance = PartVariance & { readonly workflowId: string; readonly stageId: string };
export type ModelVariance = PartVariance & { readonly provider: string; readonly model: string };

/** Plan against actual of one run: `summary.yaml`. */
export interface Variance {
  /** When the run was recorded. */
  readonly recordedAt: string | null;
  readonly runIndex: number;
  readonly runId: string | null;
  readonly snapshotId: string | null;
  /** Whether the plan was found. Without one every estimate is `null`. */
  readonly snapshotResolved: boolean;
  readonly calls: Comparison;
  readonly promptTokens: Comparison;
  readonly completionTokens: Comparison;
  readonly totalTokens: Comparison;
  readonly cachedPromptTokens: number;
  readonly cost: CostComparison;
  /** What it would have cost without any cache hit; `null` when that is not known for some call. */
  readonly economicCostNanoUsd: NanoUsd | null;
  readonly unpricedCalls: number;
  readonly budgetStatus: BudgetStatus;
  readonly priceWarnings: readonly PriceWarning[];
  /** Planned and actual workflows together, by id. */
  readonly perWorkflow: readonly WorkflowVariance[];
  readonly perStage: readonly StageVariance[];
  readonly perModel: readonly ModelVariance[];
  readonly durationSeconds: number | null;
}

/** Everything comes from the run's own entry, so that a variance can be computed again at any time. */
export function computeVariance(run: RecordedRun): Variance {
  const plan = run.plan;
  const { rollup, perBucket } = run;
  // A plan that is there but lacks its figure of calls or tokens counts as 0, as in the earlier tool.
  const planned = (estimate: Estimate | null | undefined): Estimate | null => (plan === null ? null : (estimate ?? 0));
  const completionEstimate = plan?.totalCompletionTokensEstimate ?? null;
  const totalEstimate = plan && addEstimates(plan.totalPromptTokensEstimate, completionEstimate);
  return {
    recordedAt: run.completedAt,
    runIndex: run.runIndex,
    runId: run.runId,
    snapshotId: run.snapshotId,
    snapshotResolved: plan !== null,
    calls: compare(planned(plan?.totalProviderCallsEstimate), rollup.totalCalls),
    promptTokens: compare(planned(plan?.totalPromptTokensEstimate), rollup.totalPromptTokens),
    completionTokens: compare(completionEstimate, rollup.totalCompletionTokens),
    totalTokens: compare(planned(totalEstimate), rollup.totalTokens),
    cachedPromptTokens: sum(perBucket, (bucket) => bucket.cachedPromptTokens),
    cost: compareCost(plan?.estimatedCostUsd ?? null, rollup.costNanoUsdKnown, rollup.costNanoUsdEstimated ?? 0n),
    economicCostNanoUsd: sumOrNull(perBucket.map((bucket) => bucket.economicCostNanoUsd)),
    unpricedCalls: rollup.unpricedCalls,
    budgetStatus: run.budgetStatus,
    priceWarnings: run.priceWarnings,
    perWorkflow: perWorkflow(plan, perBucket),
    perStage: perPart(plan?.perStage ?? [], perBucket, ({ workflowId, stageId }) => ({ workflowId, stageId })),
    perModel: perPart(plan?.models ?? [], perBucket, ({ provider, model }) => ({ provider, model })),
    durationSeconds: run.durationSeconds,
  };
}

// Decimals enough for any float that a person would write; a finer one is rounded there.
const SCALE = 40;

function exact(value: Estimate): bigint {
  return parseDecimal(value, SCALE)?.units ?? 0n;
}

function toEstimate(units: bigint): Estimate {
  const text = formatDecimal(units, SCALE);
  if (units % 10n ** BigInt(SCALE) !== 0n) return Number(text);
  const whole = units / 10n ** BigInt(SCALE);
  return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
}

function compare(estimated: Estimate | null, actual: number): Comparison {
  if (estimated === null) return { estimated, actual, delta: null, ratio: null };
  return {
    estimated,
    actual,
    delta: toEstimate(exact(actual) - exact(estimated)),
    ratio: ratio(exact(actual), exact(estimated)),
  };
}

function compareCost(
  estimatedUsd: Estimate | null,
  knownNanoUsd: NanoUsd,
  estimatedFromRatesNanoUsd: NanoUsd,
): CostComparison {
  const totalNanoUsd = knownNanoUsd + estimatedFromRatesNanoUsd;
  const actual = rescale(totalNanoUsd, 9, SCALE);
  const estimated = estimatedUsd === null ? null : exact(estimatedUsd);
  return {
    estimatedUsd,
    knownNanoUsd,
    estimatedFromRatesNanoUsd,
    totalNanoUsd,
    deltaNanoUsd: estimated === null ? null : totalNanoUsd - rescale(estimated, SCALE, 9),
    deltaUsd: estimated === null ? null : Number(formatDecimal(rescale(actual - estimated, SCALE, 6), 6)),
    ratio: estimated === null ? null : ratio(actual, estimated),
  };
}

function ratio(actual: bigint, estimated: bigint): number | null {
  if (estimated === 0n) return null;
  const [dividend, divisor] = estimated < 0n ? [-actual, -estimated] : [actual, estimated];
  return Number(formatDecimal(divideHalfEven(dividend * 10_000n, divisor), 4));
}

function addEstimates(a: Estimate | null, b: Estimate | null): Estimate | null {
  if (a === null || b === null) return a ?? b;
  return toEstimate(exact(a) + exact(b));
}

function perWorkflow(plan: PlanEstimates | null, buckets: readonly UsageBucket[]): WorkflowVariance[] {
  const planned = groupBy(plan?.perWorkflow ?? [], ({ workflowId }) => workflowId);
  const actual = groupBy(buckets, ({ workflowId }) => workflowId);
  const ids = [...new Set([...planned.keys(), ...actual.keys()])].filter((id) => id !== '').sort(compareCodePoints);
  return ids.map((workflowId) => {
    const rows = planned.get(workflowId) ?? [];
    const calls = actual.get(workflowId) ?? [];
    return {
      workflowId,
      calls: compare(
        rows.reduce<Estimate | null>((total, row) => addEstimates(total, row.calls), null),
        sum(calls, (bucket) => bucket.calls),
      ),
      promptTokensActual: sum(calls, (bucket) => bucket.promptTokens),
      promptWordsEstimate: rows.reduce<Estimate | null>(
        (total, row) => addEstimates(total, row.promptWordsEstimate),
        null,
      ),
    };
  });
}

interface PlannedPart {
  readonly calls: Estimate | null;
  readonly promptTokens: Estimate | null;
  readonly completionTokens: Estimate | null;
}

/** What the plan has and what happened, joined by the parts' names, in the order of the names. */
function perPart<Name extends Record<string, string>, Planned extends PlannedPart & Name>(
  planned: readonly Planned[],
  buckets: readonly (UsageBucket & Name)[],
  nameOf: (part: Name) => Name,
): (PartVariance & Name)[] {
  const key = (part: Name): string => JSON.stringify(Object.values(nameOf(part)));
  const plannedByKey = groupBy(planned, key);
  const bucketsByKey = groupBy(buckets, key);
  const names = new Map([...planned, ...buckets].map((part) => [key(part), nameOf(part)]));
  return [...names]
    .sort(([a], [b]) => compareCodePoints(a, b))
    .map(([id, name]) => {
      const rows = plannedByKey.get(id) ?? [];
      const calls = bucketsByKey.get(id) ?? [];
      const estimate = (field: keyof PlannedPart): Estimate | null =>
        rows.reduce<Estimate | null>((total, row) => addEstimates(total, row[field]), null);
      return {
        ...name,
        calls: compare(
          estimate('calls'),
          sum(calls, (bucket) => bucket.calls),
        ),
        promptTokens: compare(
          estimate('promptTokens'),
          sum(calls, (bucket) => bucket.promptTokens),
        ),
        completionTokens: compare(
          estimate('completionTokens'),
          sum(calls, (bucket) => bucket.completionTokens),
        ),
        costNanoUsdActual: calls.reduce(
          (total, bucket) => total + bucket.costNanoUsdKnown + (bucket.costNanoUsdEstimated ?? 0n),
          0n,
        ),
        unpricedCalls: sum(calls, (bucket) => bucket.unpricedCalls),
      };
    });
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function sum<Item>(items: readonly Item[], read: (item: Item) => number): number {
  return items.reduce((total, item) => total + read(item), 0);
}

function sumOrNull(amounts: readonly (NanoUsd | null)[]): NanoUsd | null {
  return amounts.reduce<NanoUsd | null>(
    (total, amount) => (total === null || amount === null ? null : total + amount),
    0n,
  );
}
