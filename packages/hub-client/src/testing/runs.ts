import { uuidv7 } from '@budget/core';
import { buildTokenEvent, type RunFacts, type RunUsage } from '../build-token-event.js';
import type { TokenEvent } from '../token-event.js';

export const usage: RunUsage = {
  provider: 'openai',
  model: 'gpt-4o',
  calls: 2,
  inputTokens: 1200,
  outputTokens: 300,
  cacheReadInputTokens: 1000,
  costNanoUsd: 4_750_000n,
  callsPricedByProvider: 0,
  callsPricedByRates: 2,
  unpricedCalls: 0,
};

export const run: RunFacts = {
  runId: '01a22023-abc9-7901-9159-6855c7b56e9b',
  runIndex: 7,
  workspace: 'acme',
  infospace: 'demo',
  startedAt: '2026-11-22T01:49:58.082Z',
  endedAt: '2026-11-22T01:50:01.582Z',
  durationSeconds: 3.5,
  status: 'completed',
  snapshotId: 'bac03ddf14fe',
  usage: [usage],
};

/** A new one each time. */
export function anyEvent(nowMs: number = Date.now()): TokenEvent {
  return buildTokenEvent({ ...run, runId: uuidv7({ nowMs: () => nowMs }) });
}
