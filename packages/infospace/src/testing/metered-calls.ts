import { join } from 'node:path';
import type { BegunCall, MeteredCall } from '../documents/metered-call.js';
import { infospacePaths } from '../infospace-paths.js';
import { openRunDirectory, type RunDirectory } from '../run-directory.js';

export const RUN_ID = '019abcde-0000-7000-8000-000000000001';
export const runIdOf = (number: number): string => `019abcde-0000-7000-8000-${String(number).padStart(12, '0')}`;

export function begunCall(callId: string, more: Partial<BegunCall> = {}): BegunCall {
  return {
    callId,
    at: '2026-11-22T01:49:00.000Z',
    phase: null,
    role: null,
    workflowId: '',
    stageId: '',
    task: null,
    threadId: null,
    agentId: null,
    provider: 'openai',
    model: 'gpt-5-mini',
    fineTuned: false,
    attempt: 1,
    estimatedCostNanoUsd: 7_000_001n,
    promptTokensBound: 900,
    ...more,
  };
}

export function meteredCall(callId: string, more: Partial<MeteredCall> = {}): MeteredCall {
  const { promptTokensBound: _, ...begun } = begunCall(callId);
  return {
    ...begun,
    responseModel: 'gpt-5-mini-2025-08-07',
    tier: null,
    status: 'completed',
    promptTokens: 1000,
    cachedPromptTokens: 400,
    cacheWriteTokens: 0,
    completionTokens: 100,
    reasoningTokens: 64,
    costNanoUsd: 2_100_000n,
    economicCostNanoUsd: 2_500_000n,
    costSource: 'rates',
    priceVersion: 'genai-prices-0.1.8:openai/gpt-5-mini',
    unpricedParts: [],
    estimated: false,
    cacheHit: 'provider',
    usageMissing: false,
    latencyMs: 1234,
    rawUsage: { prompt_tokens: 1000, completion_tokens: 100 },
    ...more,
  };
}

export const runDirectoryIn = (infospace: string, runId = RUN_ID): string =>
  join(infospacePaths(infospace).meteredRuns, runId);

/** A run of this process in an infospace. */
export async function openRun(infospace: string, runId = RUN_ID): Promise<RunDirectory> {
  const directory = runDirectoryIn(infospace, runId);
  return await openRunDirectory({ directory, runId, infospace, command: ['python', 'train.py', '--key', 'sk-1'] });
}

/** Begins and finishes calls. */
export async function make(run: RunDirectory, ...calls: readonly MeteredCall[]): Promise<void> {
  for (const call of calls) {
    const { callId, at, provider, model, estimatedCostNanoUsd, workflowId, stageId } = call;
    await run.begin(begunCall(callId, { at, provider, model, estimatedCostNanoUsd, workflowId, stageId }));
    await run.finish(call);
  }
}
