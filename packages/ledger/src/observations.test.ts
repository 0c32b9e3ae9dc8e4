import { describe, expect, it } from 'vitest';
import { observationOf as shownOf } from './kept-observation.js';
import type { Observation } from './observation.js';
import { createObservations } from './observations.js';
import { queryOf } from './testing/contract/observation-tools.js';
import { failureOf } from './testing/failure-of.js';
import { temporaryStore } from './testing/temporary-store.js';

const call: Observation = {
  ...{ id: 'a', at: '2026-06-10T12:00:00.000Z', application: 'chat', task: 'summarise', adapter: 'fast' },
  ...{ provider: 'openai', model: 'gpt-4o-mini', phase: 'infer', promptTokens: 1000, completionTokens: 100 },
  ...{ cachedPromptTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, costNanoUsd: 5n, economicCostNanoUsd: 5n },
  ...{ costSource: 'rates', cacheHit: 'none', latencyMs: 400, status: 'completed', attempt: 1 },
};

describe('observing', () => {
  it('takes one or many, more than a store takes at once too, and gives them back as they were', async () => {
    const store = await temporaryStore();
    const observations = createObservations({ store });
    expect(await observations.observe({ ...call, quality: 0.5, metadata: { a: [1, 'é'] } })).toEqual(['recorded']);
    const many = Array.from({ length: 2500 }, (_, index) => ({ ...call, id: `call-${index}` }));
    expect(new Set(await observations.observe(many))).toEqual(new Set(['recorded']));
    expect((await store.listObservations(queryOf())).total).toBe(2501);
    const kept = await store.readObservation('a');
    expect(kept && shownOf(kept)).toEqual({
      ...call,
      ...{ quality: 0.5, qualitySource: 'observed', metadata: { a: [1, 'é'] } },
    });
  });

  it('reads times as instants, and latencies as whole milliseconds', async () => {
    const store = await temporaryStore();
    await createObservations({ store }).observe({ ...call, at: '2026-06-10T14:00:00+02:00', latencyMs: 399.6 });
    expect(await store.readObservation('a')).toMatchObject({ atMs: Date.parse(call.at), latencyMs: 400 });
  });

  it('knows the economic cost where there is only a cost, and none where there is none', async () => {
    const store = await temporaryStore();
    const observations = createObservations({ store });
    await observations.observe([
      { ...call, economicCostNanoUsd: null },
      { ...call, id: 'b', costNanoUsd: null },
    ]);
    expect(await store.readObservation('a')).toMatchObject({ costNanoUsd: 5n, economicCostNanoUsd: 5n });
    expect(await store.readObservation('b')).toMatchObject({ costNanoUsd: null, economicCostNanoUsd: null });
  });

  it.each([
    ['id', ''],
    ['id', 'x'.repeat(501)],
    ['id', '\ud800'],
    ['model', '語'.repeat(267)],
    ['qualitySource', '😀'.repeat(201)],
    ['id', 'a\0b'],
    ['at', '2026-06-10'],
    ['at', 'soon'],
    ['at', '2026-02-30T12:00:00Z'],
    ['at', '2026-06-10T12:00:00'],
    ['at', '1969-12-31T23:59:59Z'],
    ['application', undefined],
    ['task', 7],
    ['adapter', undefined],
    ['phase', 'test'],
    ['promptTokens', -1],
    ['promptTokens', 1.5],
    ['completionTokens', Number.NaN],
    ['cachedPromptTokens', '12'],
    ['reasoningTokens', 10 ** 13],
    ['costNanoUsd', 5],
    ['costNanoUsd', -1n],
    ['economicCostNanoUsd', 10n ** 16n],
    ['costSource', 'guessed'],
    ['cacheHit', true],
    ['latencyMs', -1],
    ['latencyMs', Number.NaN],
    ['latencyMs', Number.POSITIVE_INFINITY],
    ['status', 'ok'],
    ['attempt', Number.POSITIVE_INFINITY],
    ['quality', 1.01],
    ['quality', null],
    ['metadata', 'text'],
    ['metadata', { text: 'x'.repeat(4100) }],
    ['metadata', { big: 1n }],
  ])('refuses a wrong %s (%s), names it, and records nothing of the batch', async (field, value) => {
    const store = await temporaryStore();
    const batch = [call, { ...call, id: 'b', quality: 1, [field]: value } as Observation];
    const failure = await failureOf(createObservations({ store }).observe(batch));
    expect(failure).toMatchObject({ code: 'observation_invalid', kind: 'input' });
    expect(failure.message).toContain(`observations[1].${field} is `);
    expect(await store.readObservation('a')).toBeNull();
  });

  it('refuses a judgement that makes no sense', async () => {
    const observations = createObservations({ store: await temporaryStore() });
    for (const judgement of [
      { observationId: 'a', quality: 2, source: 's' },
      { observationId: 'a', quality: 1, source: '' },
    ])
      expect(await failureOf(observations.judge(judgement))).toMatchObject({ code: 'judgement_invalid' });
    expect(await observations.judge({ observationId: 'a', quality: 1, source: 's' })).toBe('unknown');
  });
});
