/** A call of a thousand and a hundred tokens at noon, for 2,000,000 nano-USD in 400 ms, unless told. */
export function callJson(id: string, given: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    ...{ id, at: '2026-06-10T12:00:00Z', application: 'chat', task: 'summarise', adapter: 'fast' },
    ...{ provider: 'openai', model: 'gpt-4o-mini', promptTokens: 1000, completionTokens: 100 },
    ...{ costNanoUsd: 2_000_000, latencyMs: 400 },
    ...given,
  };
}

/** So many like it, with ids of their own. */
export function callsJson(name: string, count: number, given: Readonly<Record<string, unknown>> = {}) {
  return Array.from({ length: count }, (_, index) => callJson(`${name}-${index}`, given));
}
