import { parseIsoTime, usdNumber } from '@budget/core';
import { modelName, type PrivateWords, projectName, providerName } from './safe-names.js';
import type { TokenEvent, TokenEventData, TokenEventModel } from './token-event.js';

/** What is known of a run when it is over, in plain values. */
export interface RunFacts {
  /** A UUID of version 7, chosen before the first call. */
  readonly runId: string;
  /** From 1 on in its infospace; 0 outside of any. */
  readonly runIndex: number;
  readonly workspace: string;
  /** The directory's name of the infospace, or what stands for it. */
  readonly infospace: string;
  readonly workplanId?: string | null | undefined;
  readonly workplanTaskId?: string | null | undefined;
  /** ISO 8601. What is no time is not told. */
  readonly startedAt: string | null;
  /** ISO 8601. */
  readonly endedAt: string;
  readonly durationSeconds: number | null;
  readonly status: 'completed' | 'failed' | 'cancelled';
  /** The plan's: 12 hex digits. What is none is not told. */
  readonly snapshotId: string | null;
  /** Calls in any number of parts; those of the same model are summed. */
  readonly usage: readonly RunUsage[];
}

/** Calls to one model. Cached tokens and cache writes are parts of `inputTokens`, reasoning of `outputTokens`. */
export interface RunUsage {
  readonly provider: string;
  readonly model: string;
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadInputTokens?: number | undefined;
  readonly cacheWriteInputTokens?: number | undefined;
  readonly reasoningOutputTokens?: number | undefined;
  /** What the priced ones of these calls cost together, in nano-USD. */
  readonly costNanoUsd: bigint;
  /** Of how many calls the provider said the cost, and of how many it was computed from a price. */
  readonly callsPricedByProvider: number;
  readonly callsPricedByRates: number;
  /** Calls whose cost is not known in full. */
  readonly unpricedCalls: number;
}

/** More models than that in one run are told as one, so that an event stays small. */
const MAX_MODELS = 100;
const OTHER = { provider: 'other', model: 'other' };

/**
 * The event of a run. The same facts give the same event, whenever it is built.
 *
 * @param words of this machine and its user: a name that holds one as a word of its own is told as `unnamed`.
 */
export function buildTokenEvent(run: RunFacts, words: PrivateWords = []): TokenEvent {
  const workspace = projectName(run.workspace, words);
  const infospace = projectName(run.infospace, words);
  const time = isoTime(run.endedAt) ?? new Date(0).toISOString();
  return {
    specversion: '1.0',
    id: run.runId,
    source: `urn:budget:${encodeURIComponent(workspace)}:${encodeURIComponent(infospace)}`,
    type: 'dev.budget.run.v1',
    time,
    subject: `${workspace}/${infospace}`,
    data: {
      schema_version: 1,
      run_id: run.runId,
      run_index: run.runIndex,
      workspace,
      infospace_slug: infospace,
      ...(run.workplanId ? { workplan_id: projectName(run.workplanId, words) } : {}),
      ...(run.workplanTaskId ? { workplan_task_id: projectName(run.workplanTaskId, words) } : {}),
      started_at: run.startedAt === null ? null : isoTime(run.startedAt),
      ended_at: time,
      duration_seconds: run.durationSeconds,
      status: run.status,
      snapshot_id: run.snapshotId !== null && /^[0-9a-f]{12}$/.test(run.snapshotId) ? run.snapshotId : null,
      ...figures(run.usage, words),
    },
  };
}

type Figures = Pick<
  TokenEventData,
  | 'calls'
  | 'tokens_in'
  | 'tokens_out'
  | 'total_tokens'
  | 'cost_usd'
  | 'cost_nano_usd'
  | 'currency'
  | 'cost_source'
  | 'unpriced_calls'
  | 'model'
  | 'models'
>;

function figures(usage: readonly RunUsage[], words: PrivateWords): Figures {
  const models = modelSums(usage, words);
  const [calls, input, output] = [sum(models, 'calls'), sum(models, 'inputTokens'), sum(models, 'outputTokens')];
  const [byProvider, byRates] = [sum(models, 'callsPricedByProvider'), sum(models, 'callsPricedByRates')];
  const cost = byProvider + byRates === 0 ? null : models.reduce((total, model) => total + model.costNanoUsd, 0n);
  return {
    calls,
    tokens_in: input,
    tokens_out: output,
    total_tokens: input + output,
    cost_usd: cost === null ? null : usdNumber(cost),
    cost_nano_usd: cost === null ? null : exactly(cost),
    currency: 'USD',
    cost_source: byProvider > 0 ? (byRates > 0 ? 'mixed' : 'provider') : byRates > 0 ? 'rates' : 'unknown',
    unpriced_calls: sum(models, 'unpricedCalls'),
    // They stand by their tokens, most first.
    model: models[0]?.model ?? null,
    models: models.map(modelFields),
  };
}

type ModelSum = { -readonly [Key in keyof RunUsage]-?: NonNullable<RunUsage[Key]> };

function modelSums(usage: readonly RunUsage[], words: PrivateWords): ModelSum[] {
  const sums = new Map<string, ModelSum>();
  for (const part of usage) {
    const names = { provider: providerName(part.provider, words), model: modelName(part.model, words) };
    addTo(sums, names, part);
  }
  const sorted = [...sums.values()].sort(byTokens);
  if (sorted.length <= MAX_MODELS) return sorted;
  const kept = new Map(sorted.slice(0, MAX_MODELS - 1).map((model) => [keyOf(model), model]));
  for (const model of sorted.slice(MAX_MODELS - 1)) addTo(kept, OTHER, model);
  return [...kept.values()];
}

const keyOf = ({ provider, model }: { provider: string; model: string }): string => `${provider} ${model}`;

function addTo(sums: Map<string, ModelSum>, names: { provider: string; model: string }, part: RunUsage): void {
  const sum = sums.get(keyOf(names)) ?? {
    ...names,
    calls: 0,
    inputTokens: 0,
    outputTokens: 0,
    cacheReadInputTokens: 0,
    cacheWriteInputTokens: 0,
    reasoningOutputTokens: 0,
    costNanoUsd: 0n,
    callsPricedByProvider: 0,
    callsPricedByRates: 0,
    unpricedCalls: 0,
  };
  sums.set(keyOf(names), sum);
  sum.calls += part.calls;
  sum.inputTokens += part.inputTokens;
  sum.outputTokens += part.outputTokens;
  sum.cacheReadInputTokens += part.cacheReadInputTokens ?? 0;
  sum.cacheWriteInputTokens += part.cacheWriteInputTokens ?? 0;
  sum.reasoningOutputTokens += part.reasoningOutputTokens ?? 0;
  sum.costNanoUsd += part.costNanoUsd;
  sum.callsPricedByProvider += part.callsPricedByProvider;
  sum.callsPricedByRates += part.callsPricedByRates;
  sum.unpricedCalls += part.unpricedCalls;
}

function byTokens(one: ModelSum, other: ModelSum): number {
  const more = other.inputTokens + other.outputTokens - (one.inputTokens + one.outputTokens);
  return more !== 0 ? more : keyOf(one) < keyOf(other) ? -1 : 1;
}

function modelFields(sum: ModelSum): TokenEventModel {
  const isPriced = sum.callsPricedByProvider + sum.callsPricedByRates > 0;
  return {
    provider: sum.provider,
    model: sum.model,
    calls: sum.calls,
    input_tokens: sum.inputTokens,
    output_tokens: sum.outputTokens,
    ...(sum.cacheReadInputTokens > 0 && { cache_read_input_tokens: sum.cacheReadInputTokens }),
    ...(sum.cacheWriteInputTokens > 0 && { cache_write_input_tokens: sum.cacheWriteInputTokens }),
    ...(sum.reasoningOutputTokens > 0 && { reasoning_output_tokens: sum.reasoningOutputTokens }),
    cost_nano_usd: isPriced ? exactly(sum.costNanoUsd) : null,
  };
}

type Counted =
  | 'calls'
  | 'inputTokens'
  | 'outputTokens'
  | 'callsPricedByProvider'
  | 'callsPricedByRates'
  | 'unpricedCalls';

function sum(models: readonly ModelSum[], field: Counted): number {
  return models.reduce((total, model) => total + model[field], 0);
}

/** A number as far as JSON keeps it exact, then decimal text. */
function exactly(amount: bigint): number | string {
  return Number.isSafeInteger(Number(amount)) ? Number(amount) : String(amount);
}

/** Written anew, in UTC. */
function isoTime(given: string): string | null {
  const milliseconds = parseIsoTime(given);
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
