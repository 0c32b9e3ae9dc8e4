import { randomFrom } from '@budget/test-tools';

const START_MS = Date.parse('2026-03-27T00:00:00Z');
const SPAN_MS = 4 * 86_400_000;

/** A number that follows from a text alone. */
function seedOf(text) {
  let hash = 2_166_136_261;
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 16_777_619);
  return hash >>> 0;
}

/** The call of an id: whoever sends it sends the same. */
export function observedCall(id) {
  const random = randomFrom(seedOf(id));
  const isPriced = random.chance(0.9);
  const cost = isPriced ? BigInt(random.integer(0, 2_000_000_000)) : null;
  return {
    ...{
      id,
      at: new Date(START_MS + random.integer(0, SPAN_MS)).toISOString(),
      application: random.pick(['chat', 'batch']),
    },
    ...(random.chance(0.8) && { task: random.pick(['one', 'two']), adapter: random.pick(['a', 'b', 'c']) }),
    ...{ provider: 'openai', model: random.pick(['small', 'meta/large']), phase: random.pick(['train', 'infer']) },
    ...(random.chance(0.5) && { agentId: random.pick(['g1', 'g2', 'g3']) }),
    ...(random.chance(0.5) && { threadId: `t${random.integer(0, 40)}` }),
    ...(random.chance(0.3) && { organisationId: random.pick(['o', 'p']) }),
    ...{ promptTokens: random.integer(0, 50_000), completionTokens: random.integer(0, 5000), cachedPromptTokens: 0 },
    ...{ cacheWriteTokens: 0, reasoningTokens: 0, costNanoUsd: cost, economicCostNanoUsd: cost },
    ...{ costSource: isPriced ? 'rates' : 'unknown', cacheHit: 'none', latencyMs: random.integer(0, 60_000) },
    ...{
      status: random.weighted([
        [8, 'completed'],
        [1, 'failed'],
        [1, 'cancelled'],
      ]),
      attempt: random.integer(1, 2),
    },
  };
}

/** What is said of a call's quality, by one source; of many calls nothing. */
export function judgementOf(id) {
  const random = randomFrom(seedOf(`${id} judged`));
  return random.chance(0.2) ? { observationId: id, source: 'tests', quality: random.integer(0, 1000) / 1000 } : null;
}

/** Calls that every process sends, so that they meet. */
export const sharedIds = (count) => Array.from({ length: count }, (_, index) => `shared-${index}`);
export const ownIds = (worker, count) => Array.from({ length: count }, (_, index) => `worker-${worker}-${index}`);
