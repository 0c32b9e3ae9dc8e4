import { randomFrom } from '../random.mjs';

const DAY_MS = 86_400_000;

/**
 * Calls of four weeks in the order of their time, as a store takes them: 20 tasks of 5 adapters, 10 agents, and threads of
 * 20 calls. A third of them is judged.
 */
export function callsOf(total, seed = 1) {
  const { below } = randomFrom(seed);
  const fromMs = Date.parse('2026-10-01T00:00:00Z');
  return (index) => {
    const atMs = fromMs + Math.floor((index / total) * 28 * DAY_MS);
    const adapter = below(5);
    const cost = BigInt(below(10_000_000));
    const quality = below(3) === 0 ? below(1_000_001) : null;
    return {
      id: `${atMs.toString(16).padStart(12, '0')}-7000-8000-${index.toString(16).padStart(12, '0')}`,
      atMs,
      application: 'chat',
      infospace: null,
      runId: null,
      organisationId: null,
      task: `task-${below(20)}`,
      adapter: `adapter-${adapter}`,
      provider: 'openai',
      model: `model-${adapter}`,
      threadId: `thread-${Math.floor(index / 20)}`,
      agentId: `agent-${below(10)}`,
      phase: 'infer',
      promptTokens: below(5000),
      completionTokens: below(500),
      cachedPromptTokens: 0,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
      costNanoUsd: cost,
      economicCostNanoUsd: cost,
      estimatedCostNanoUsd: null,
      costSource: 'rates',
      cacheHit: 'none',
      latencyMs: 200 + below(3000),
      status: 'completed',
      attempt: 1,
      qualityMillionths: quality,
      qualitySource: quality === null ? null : 'tests',
      metadata: null,
    };
  };
}
