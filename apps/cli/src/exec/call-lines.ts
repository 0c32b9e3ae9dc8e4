import type { BegunCall, MeteredCall, CallTags as WrittenTags } from '@budget/infospace';
import type { BegunCallRecord, CallRecord, CallTags } from '@budget/ledger/meter';
import { partKey } from '../render/price-keys.js';

/** What the application layer's meter says of a call, as the project layer writes it down. */
export function begunCall({ callId, atMs, provider, model, tags, attempt, ...bounds }: BegunCallRecord): BegunCall {
  return {
    callId,
    at: new Date(atMs).toISOString(),
    provider,
    model,
    fineTuned: isFineTuned(model),
    attempt,
    ...tagsOf(tags),
    estimatedCostNanoUsd: bounds.estimatedCostNanoUsd,
    promptTokensBound: bounds.promptTokens,
  };
}

export function endedCall(call: CallRecord): MeteredCall {
  const { callId, atMs, provider, model, tags, attempt, tokens } = call;
  const { responseModel, tier, status, costNanoUsd, economicCostNanoUsd, estimatedCostNanoUsd } = call;
  const { promptTokens, cachedPromptTokens, cacheWriteTokens, completionTokens, reasoningTokens } = tokens;
  return {
    callId,
    at: new Date(atMs).toISOString(),
    provider,
    model,
    responseModel,
    tier,
    fineTuned: isFineTuned(model),
    attempt,
    status,
    ...tagsOf(tags),
    promptTokens,
    cachedPromptTokens,
    cacheWriteTokens,
    completionTokens,
    reasoningTokens,
    costNanoUsd,
    economicCostNanoUsd,
    estimatedCostNanoUsd,
    costSource: call.costSource,
    priceVersion: call.priceVersion,
    unpricedParts: call.unpricedParts.map(partKey),
    estimated: call.isEstimated,
    cacheHit: call.cacheHit,
    usageMissing: call.usageMissing,
    latencyMs: call.latencyMs,
    rawUsage: call.rawUsage,
  };
}

/** `ft:gpt-4o-mini:org::id` */
function isFineTuned(model: string): boolean {
  return model.startsWith('ft:');
}

function tagsOf({ phase, role, workflow, stage, task, thread, agent }: CallTags): WrittenTags {
  return {
    phase: phase === 'train' || phase === 'infer' ? phase : null,
    role: role === 'student' || role === 'teacher' ? role : null,
    workflowId: workflow ?? '',
    stageId: stage ?? '',
    task: task ?? null,
    threadId: thread ?? null,
    agentId: agent ?? null,
  };
}
