import type { MeteredCall, RecordedCall } from '@budget/infospace';
import type { Observation } from '@budget/ledger';
import { lacksCost } from '../lacks-cost.js';

/** Whose calls are observed. */
export interface ObservedRun {
  readonly runId: string;
  readonly application: string;
  /** `workspace/slug`; `null` outside any. */
  readonly infospace: string | null;
}

/** A call that was metered while it was made. */
export function observedCall(call: MeteredCall, run: ObservedRun): Observation {
  const isKnown = call.costNanoUsd !== null && call.costSource !== 'unknown' && !lacksCost(call);
  return {
    id: call.callId,
    at: call.at,
    application: named(run.application),
    runId: run.runId,
    provider: named(call.provider),
    model: named(call.model),
    phase: call.phase ?? 'infer',
    promptTokens: call.promptTokens,
    completionTokens: call.completionTokens,
    cachedPromptTokens: call.cachedPromptTokens,
    cacheWriteTokens: call.cacheWriteTokens,
    reasoningTokens: call.reasoningTokens,
    costNanoUsd: isKnown ? call.costNanoUsd : null,
    economicCostNanoUsd: isKnown ? call.economicCostNanoUsd : null,
    estimatedCostNanoUsd: call.estimatedCostNanoUsd,
    costSource: isKnown ? call.costSource : 'unknown',
    cacheHit: call.cacheHit,
    latencyMs: call.latencyMs,
    // Nobody saw its end, because its meter was killed.
    status: call.status === 'unknown' ? 'cancelled' : call.status,
    attempt: call.attempt,
    ...infospaceOf(run),
    ...taskOf(call.task ?? taskOfStage(call.workflowId, call.stageId), call),
    ...(call.threadId !== null && { threadId: named(call.threadId) }),
    ...(call.agentId !== null && { agentId: named(call.agentId) }),
    ...(call.estimated && { metadata: { estimated: true } }),
  };
}

/** A call of a run record. `index`: its place in the run, which is its name as long as nobody gave it one. */
export function observedRecord(call: RecordedCall, index: number, at: string, run: ObservedRun): Observation {
  const { stageId, provider, model, failed, durationMs } = call.call;
  const { tokens } = call;
  const isKnown = !call.isUnpriced;
  return {
    id: `${run.runId}/${index}`,
    at,
    application: named(run.application),
    runId: run.runId,
    provider: named(provider),
    model: named(model),
    phase: 'infer',
    promptTokens: tokens.promptTokens,
    completionTokens: tokens.completionTokens,
    cachedPromptTokens: tokens.cachedPromptTokens,
    cacheWriteTokens: tokens.cacheWriteTokens,
    reasoningTokens: tokens.reasoningTokens,
    costNanoUsd: isKnown ? call.costNanoUsd : null,
    economicCostNanoUsd: isKnown ? call.economicCostNanoUsd : null,
    costSource: isKnown ? call.costSource : 'unknown',
    cacheHit: tokens.cachedPromptTokens > 0 ? 'provider' : 'none',
    latencyMs: durationMs,
    status: failed ? 'failed' : 'completed',
    attempt: 1,
    ...infospaceOf(run),
    ...taskOf(taskOfStage(call.workflowId, stageId), { provider, model }),
  };
}

function infospaceOf({ infospace }: ObservedRun) {
  return infospace === null ? {} : { infospace: named(infospace) };
}

/** What a router chooses between is, as far as a call tells, its model. Without a task a call counts as usage only. */
function taskOf(task: string | null, { provider, model }: { provider: string; model: string }) {
  return task === null ? {} : { task: named(task), adapter: named(`${provider}/${model}`) };
}

function taskOfStage(workflowId: string, stageId: string): string | null {
  return stageId === '' ? null : workflowId === '' ? stageId : `${workflowId}/${stageId}`;
}

const MAX_NAME_LENGTH = 500;
/** In UTF-8. */
const MAX_NAME_BYTES = 800;
const REPLACED = '\uFFFD';

/** As the ledger takes it: programs name their models, threads and tasks as they like. */
function named(text: string): string {
  const short = text
    .slice(0, MAX_NAME_LENGTH)
    .replaceAll('\0', REPLACED)
    .replace(/\p{Surrogate}/gu, REPLACED);
  return withinBytes(short, MAX_NAME_BYTES) || 'unknown';
}

function withinBytes(text: string, most: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  let end = most;
  // Not inside a character.
  while (((bytes[end] as number) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
