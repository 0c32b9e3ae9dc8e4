import { usdNumber } from '@budget/core';
import { compareCodePoints } from '../compare-code-points.js';
import { readPlansFile } from '../documents/plans-file.js';
import { readUsageFile } from '../documents/usage-file.js';
import type { RecordedRun, UsageBucket } from '../documents/usage-run.js';
import type { InfospacePaths } from '../infospace-paths.js';
import { totalsOf } from '../usage-totals.js';

/** A whole number of nano-USD: a number, or decimal text from 2^53 on. */
export type NanoUsdField = number | string;

/** What a project planned and used in its whole life, under its names on disk. */
export interface BudgetSummary {
  readonly plans_count: number;
  readonly runs_count: number;
  readonly calls: number;
  readonly total_tokens: number;
  readonly total_cost_usd_known: number;
  readonly total_cost_usd_estimated: number;
  readonly cost_nano_usd_known: NanoUsdField;
  readonly cost_nano_usd_estimated: NanoUsdField;
  /** Calls whose cost is not known in full: with any, the costs are lower bounds. */
  readonly unpriced_calls: number;
  readonly latest_snapshot_id: string | null;
  readonly last_run_at: string | null;
  /** Most tokens first; of very many models the last ones together, as `other_models`. */
  readonly by_model: readonly ModelUse[];
}

export interface ModelUse {
  readonly provider: string | null;
  readonly model: string | null;
  /** How many models this row stands for; only where there are too many for rows of their own. */
  readonly other_models?: number;
  readonly calls: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly cost_nano_usd_known: NanoUsdField;
  readonly cost_nano_usd_estimated: NanoUsdField;
  readonly unpriced_calls: number;
}

export interface BudgetFacts {
  /** `null` when there is neither a plan nor a run. */
  readonly summary: BudgetSummary | null;
  /** Times at which the project was active, the one that counts first; as they are recorded, so perhaps no times. */
  readonly times: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Reads all of `usage.yaml`, and not its last entry alone: what an archive says of a project stands for good.
 *
 * @throws CodedError `file_corrupt`, `schema_newer`, … (input), or kind `environment`.
 */
export async function readBudgetFacts(paths: InfospacePaths): Promise<BudgetFacts> {
  const { snapshots } = await readPlansFile(paths.plans);
  const { runs, tornBytes } = await readUsageFile(paths.usage);
  const latest = snapshots.at(-1);
  const lastRunAt = runs.at(-1)?.completedAt ?? null;
  const warnings =
    tornBytes === 0 ? [] : [`${paths.usage}: its last entry is not whole and is not counted (${tornBytes} bytes).`];
  const times = [lastRunAt, latest?.recordedAt ?? null].filter((time) => time !== null);
  if (runs.length === 0 && latest === undefined) return { summary: null, times, warnings };
  const totals = totalsOf(runs);
  const summary = {
    plans_count: snapshots.length,
    runs_count: totals.runs,
    calls: totals.calls,
    total_tokens: totals.totalTokens,
    total_cost_usd_known: usdNumber(totals.costNanoUsdKnown),
    total_cost_usd_estimated: usdNumber(totals.costNanoUsdEstimated),
    cost_nano_usd_known: exact(totals.costNanoUsdKnown),
    cost_nano_usd_estimated: exact(totals.costNanoUsdEstimated),
    unpriced_calls: totals.unpricedCalls,
    latest_snapshot_id: latest?.snapshotId ?? null,
    last_run_at: lastRunAt,
    by_model: shortened(sumsByModel(runs)).map(modelUse),
  };
  return { summary, times, warnings };
}

interface ModelSum {
  readonly provider: string | null;
  readonly model: string | null;
  readonly models: number;
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly known: bigint;
  readonly estimated: bigint;
  readonly unpricedCalls: number;
}

function sumsByModel(runs: readonly RecordedRun[]): ModelSum[] {
  const sums = new Map<string, ModelSum>();
  for (const bucket of runs.flatMap(({ perBucket }) => perBucket)) {
    const key = JSON.stringify([bucket.provider, bucket.model]);
    const before = sums.get(key);
    sums.set(key, before === undefined ? sumOf(bucket) : { ...together(before, sumOf(bucket)), models: 1 });
  }
  const tokens = ({ promptTokens, completionTokens }: ModelSum): number => promptTokens + completionTokens;
  const name = ({ provider, model }: ModelSum): string => `${provider} ${model}`;
  return [...sums.values()].sort((a, b) => tokens(b) - tokens(a) || compareCodePoints(name(a), name(b)));
}

function sumOf(bucket: UsageBucket): ModelSum {
  return {
    provider: bucket.provider,
    model: bucket.model,
    models: 1,
    calls: bucket.calls,
    promptTokens: bucket.promptTokens,
    completionTokens: bucket.completionTokens,
    known: bucket.costNanoUsdKnown,
    estimated: bucket.costNanoUsdEstimated ?? 0n,
    unpricedCalls: bucket.unpricedCalls,
  };
}

function together(a: ModelSum, b: ModelSum): ModelSum {
  return {
    provider: a.provider,
    model: a.model,
    models: a.models + b.models,
    calls: a.calls + b.calls,
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    known: a.known + b.known,
    estimated: a.estimated + b.estimated,
    unpricedCalls: a.unpricedCalls + b.unpricedCalls,
  };
}

/** Of what is read of an archive to know its cost, most may go to the models. */
const MAX_MODELS_BYTES = 40 * 1024;

/** As many as there is room for, and the rest as one. */
function shortened(sums: readonly ModelSum[]): ModelSum[] {
  const kept: ModelSum[] = [];
  let left = MAX_MODELS_BYTES;
  for (const [index, sum] of sums.entries()) {
    left -= Buffer.byteLength(JSON.stringify(modelUse(sum), null, 8));
    if (left < 0) {
      const rest = sums.slice(index).reduce(together);
      return [...kept, { ...rest, provider: null, model: null }];
    }
    kept.push(sum);
  }
  return kept;
}

function modelUse({ provider, model, models, ...sum }: ModelSum): ModelUse {
  return {
    provider,
    model,
    ...(model === null ? { other_models: models } : {}),
    calls: sum.calls,
    prompt_tokens: sum.promptTokens,
    completion_tokens: sum.completionTokens,
    total_tokens: sum.promptTokens + sum.completionTokens,
    cost_nano_usd_known: exact(sum.known),
    cost_nano_usd_estimated: exact(sum.estimated),
    unpriced_calls: sum.unpricedCalls,
  };
}

/** As JSON can say it without losing a digit. */
function exact(amount: bigint): NanoUsdField {
  return Number.isSafeInteger(Number(amount)) ? Number(amount) : String(amount);
}
