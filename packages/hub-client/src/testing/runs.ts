import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uuidv7 } from '@budget/core';
import { afterEach } from 'vitest';
import { buildTokenEvent, type RunFacts, type RunUsage } from '../build-token-event.js';
import type { TokenEvent } from '../token-event.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export function afterThisTest(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

/** An empty directory, gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'budget-hub-test-'));
  afterThisTest(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

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
