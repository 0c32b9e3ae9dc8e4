import { randomBytes } from 'node:crypto';

/** A run of one call, in plain values. */
export function runFacts(runId) {
  return {
    ...{ runId, runIndex: 1, workspace: 'torture', infospace: 'demo', startedAt: null, durationSeconds: 1 },
    ...{ endedAt: '2026-11-22T01:50:01.582Z', status: 'completed', snapshotId: null },
    usage: [
      {
        ...{ provider: 'openai', model: 'gpt-4o', calls: 1, inputTokens: 100, outputTokens: 10 },
        ...{ costNanoUsd: 350_000n, callsPricedByProvider: 0, callsPricedByRates: 1, unpricedCalls: 0 },
      },
    ],
  };
}

/** A UUID of version 7. */
export function newRunId(nowMs = Date.now()) {
  const time = nowMs.toString(16).padStart(12, '0');
  const random = randomBytes(10).toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random.slice(6, 18)}`;
}
