import type { RunFacts, RunUsage } from '@budget/hub-client';
import type { AnnouncedRun, MeteredCall, RunOutside, UsageBucket } from '@budget/infospace';
import { lacksCost } from '../lacks-cost.js';
import type { Workplan } from './workplan.js';

/** Whose run it is, as far as the organisation is told. */
export interface RunOwner {
  readonly workspace: string;
  readonly infospace: string;
  readonly workplan: Workplan;
}

/** What an event tells of a run with an entry in `usage.yaml`: it follows from that entry, whoever builds it and when. */
export function factsOfRun(run: AnnouncedRun, { workspace, infospace, workplan }: RunOwner): RunFacts {
  return {
    runId: run.runId,
    runIndex: run.runIndex,
    workspace,
    infospace,
    workplanId: workplan.id,
    workplanTaskId: workplan.taskId,
    startedAt: run.startedAt,
    endedAt: run.completedAt ?? '',
    durationSeconds: run.durationSeconds,
    status: run.status ?? statusOf(run),
    snapshotId: run.snapshotId,
    usage: run.perBucket.map(usageOfBucket),
  };
}

/** Of a run that was made of run records: as its worst workflow. */
function statusOf({ workflows }: AnnouncedRun): RunFacts['status'] {
  const statuses = workflows.map(({ status }) => status?.toLowerCase());
  if (statuses.some((status) => status === 'failed' || status === 'error')) return 'failed';
  return statuses.some((status) => status === 'cancelled' || status === 'canceled') ? 'cancelled' : 'completed';
}

function usageOfBucket(bucket: UsageBucket): RunUsage {
  // A price times tokens that nobody counted is no cost.
  const pricedWithoutUsage = Math.max(0, bucket.unpricedCalls - bucket.costUnknownForCalls);
  return {
    provider: bucket.provider,
    model: bucket.model,
    calls: bucket.calls,
    inputTokens: bucket.promptTokens,
    outputTokens: bucket.completionTokens,
    cacheReadInputTokens: bucket.cachedPromptTokens,
    cacheWriteInputTokens: bucket.cacheWriteTokens,
    reasoningOutputTokens: bucket.reasoningTokens,
    costNanoUsd: bucket.costNanoUsdKnown + (bucket.costNanoUsdEstimated ?? 0n),
    callsPricedByProvider: bucket.calls - bucket.costEstimatedForCalls - bucket.costUnknownForCalls,
    callsPricedByRates: Math.max(0, bucket.costEstimatedForCalls - pricedWithoutUsage),
    unpricedCalls: bucket.unpricedCalls,
  };
}

/** The same of a run outside any infospace, from the lines of its calls. */
export function factsOfCalls(
  { state, calls, end, endedAtMs }: RunOutside,
  { workspace, infospace }: Omit<RunOwner, 'workplan'>,
): RunFacts {
  return {
    runId: state.runId,
    runIndex: 0,
    workspace,
    infospace,
    workplanId: state.workplanId,
    workplanTaskId: state.workplanTaskId,
    startedAt: state.startedAt,
    endedAt: new Date(endedAtMs).toISOString(),
    durationSeconds: end.durationSeconds,
    status: end.status,
    snapshotId: state.snapshotId,
    usage: [...summed(calls)],
  };
}

/** A run may have millions of calls, and few models. */
function summed(calls: Iterable<MeteredCall>): Iterable<RunUsage> {
  const sums = new Map<string, RunUsage>();
  for (const call of calls) {
    // No provider was called.
    if (call.cacheHit === 'local') continue;
    const key = `${call.provider} ${call.model}`;
    const before = sums.get(key);
    const one = usageOfCall(call);
    sums.set(key, before === undefined ? one : sumOf(before, one));
  }
  return sums.values();
}

function usageOfCall(call: MeteredCall): RunUsage {
  const isPriced = call.costNanoUsd !== null && call.costSource !== 'unknown';
  const isIncomplete = lacksCost(call);
  return {
    provider: call.provider,
    model: call.model,
    calls: 1,
    inputTokens: call.promptTokens,
    outputTokens: call.completionTokens,
    cacheReadInputTokens: call.cachedPromptTokens,
    cacheWriteInputTokens: call.cacheWriteTokens,
    reasoningOutputTokens: call.reasoningTokens,
    costNanoUsd: isPriced ? (call.costNanoUsd ?? 0n) : 0n,
    callsPricedByProvider: isPriced && call.costSource === 'provider' ? 1 : 0,
    callsPricedByRates: isPriced && call.costSource === 'rates' && !isIncomplete ? 1 : 0,
    unpricedCalls: isPriced && !isIncomplete ? 0 : 1,
  };
}

function sumOf(one: RunUsage, other: RunUsage): RunUsage {
  return {
    provider: one.provider,
    model: one.model,
    calls: one.calls + other.calls,
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    cacheReadInputTokens: (one.cacheReadInputTokens ?? 0) + (other.cacheReadInputTokens ?? 0),
    cacheWriteInputTokens: (one.cacheWriteInputTokens ?? 0) + (other.cacheWriteInputTokens ?? 0),
    reasoningOutputTokens: (one.reasoningOutputTokens ?? 0) + (other.reasoningOutputTokens ?? 0),
    costNanoUsd: one.costNanoUsd + other.costNanoUsd,
    callsPricedByProvider: one.callsPricedByProvider + other.callsPricedByProvider,
    callsPricedByRates: one.callsPricedByRates + other.callsPricedByRates,
    unpricedCalls: one.unpricedCalls + other.unpricedCalls,
  };
}
