import { describe, expect, it } from 'vitest';
import type { ObservationStore } from '../observation-store.js';
import { onBothStores } from './testing/both-stores.js';
import { callJson, callsJson } from './testing/call-json.js';

const stores = onBothStores();

describe.each(stores)('observations over HTTP, on %s', (_name, start) => {
  it('are recorded with 201, and the same again is 200 and changes nothing', async () => {
    const { ask } = await start();
    const first = await ask('POST', '/observations', callJson('a'));
    expect([first.status, first.body]).toEqual([201, { id: 'a', outcome: 'recorded' }]);
    const again = await ask('POST', '/observations', callJson('a'));
    expect([again.status, again.body]).toEqual([200, { id: 'a', outcome: 'known' }]);
    expect(await ask('POST', '/observations', callJson('a', { promptTokens: 1 }))).toMatchObject({
      ...{ status: 409, body: { code: 'id_taken' } },
    });
    expect((await ask('GET', '/usage')).body.usage.totals).toMatchObject({ requestCount: 1, promptTokens: 1000 });
  });

  it('come one or in a list, of which each has its outcome', async () => {
    const { ask } = await start();
    await ask('POST', '/observations', callJson('a'));
    const list = [callJson('a'), callJson('b'), callJson('a', { model: 'other' })];
    const { status, body } = await ask('POST', '/observations', list);
    expect([status, body]).toEqual([
      201,
      {
        outcomes: [
          { id: 'a', outcome: 'known' },
          { id: 'b', outcome: 'recorded' },
          { id: 'a', outcome: 'differs' },
        ],
        ...{ recorded: 1, known: 1, differs: 1 },
      },
    ]);
    expect(await ask('POST', '/observations', list)).toMatchObject({ status: 200, body: { recorded: 0, known: 2 } });
  });

  it('a list with one that is wrong is not recorded at all', async () => {
    const { ask } = await start();
    const list = [callJson('a'), callJson('b', { status: 'lost' })];
    expect(await ask('POST', '/observations', list)).toMatchObject({
      ...{ status: 422, body: { errors: [{ field: '[1].status' }] } },
    });
    expect((await ask('GET', '/usage')).body.usage.totals.requestCount).toBe(0);
  });

  it('need say no more than what the call was and used', async () => {
    const { ask, ledger } = await start();
    const store = ledger.store as unknown as ObservationStore;
    const least = { id: 'a', at: '2026-06-10T14:00:00+02:00', application: 'chat', provider: 'openai', model: 'm' };
    const tokens = { promptTokens: 10, completionTokens: 2 };
    expect(await ask('POST', '/observations', { ...least, ...tokens, agentId: null })).toMatchObject({ status: 201 });
    expect(await store.readObservation('a')).toMatchObject({
      ...{ atMs: Date.parse('2026-06-10T12:00:00Z'), task: null, agentId: null, phase: 'infer', attempt: 1 },
      ...{ cachedPromptTokens: 0, costNanoUsd: null, costSource: 'unknown', cacheHit: 'none', latencyMs: null },
      ...{ status: 'completed', qualityMillionths: null },
    });
    const cached = { ...least, ...tokens, id: 'b', cachedPromptTokens: 5, costNanoUsd: '7', quality: 0 };
    await ask('POST', '/observations', cached);
    expect(await store.readObservation('b')).toMatchObject({
      ...{ costNanoUsd: 7n, economicCostNanoUsd: 7n, costSource: 'rates', cacheHit: 'provider', qualityMillionths: 0 },
    });
  });

  it('double count after a resend: of the same list sent by many at once each call counts once', async () => {
    const { ask } = await start();
    const list = callsJson('call', 50);
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask('POST', '/observations', list)));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(7).fill(200), 201]);
    expect((await ask('GET', '/usage')).body.usage.totals).toMatchObject({ requestCount: 50, totalTokens: 55_000 });
  });
});

describe.each(stores)('judgements over HTTP, on %s', (_name, start) => {
  it('are said once by each source', async () => {
    const { ask } = await start();
    await ask('POST', '/observations', callJson('a/1'));
    const judge = (quality: number, source: string) =>
      ask('POST', '/observations/a%2F1/judgements', { quality, source });
    const said = await judge(0.5, 'tests');
    expect([said.status, said.body]).toEqual([201, { id: 'a/1', quality: 0.5, source: 'tests' }]);
    expect(await judge(0.5, 'tests')).toMatchObject({ status: 200, body: said.body });
    expect(await judge(0.6, 'tests')).toMatchObject({ status: 409, body: { code: 'already_judged' } });
    expect(await judge(0.9, 'user')).toMatchObject({ status: 201 });
    const qualityOf = async (query: string) => {
      const { body } = await ask('GET', `/tasks/summarise/stats?${query}`);
      const [{ quality }] = body.adapters;
      return [quality.judged, quality.mean];
    };
    expect(await qualityOf('')).toEqual([1, 0.9]);
    expect(await qualityOf('source=tests')).toEqual([1, 0.5]);
    expect(await qualityOf('source=nobody')).toEqual([0, null]);
  });

  it('of a call that nobody observed are 404', async () => {
    const { ask } = await start();
    expect(await ask('POST', '/observations/none/judgements', { quality: 1, source: 'x' })).toMatchObject({
      ...{ status: 404, body: { code: 'observation_unknown' } },
    });
  });
});

describe.each(stores)('statistics of a task over HTTP, on %s', (_name, start) => {
  it('are of each adapter, with what is not known as null and not as zero', async () => {
    const { ask } = await start();
    await ask('POST', '/observations', [
      callJson('a', { quality: 0.8 }),
      callJson('b', { status: 'failed', costNanoUsd: null, at: '2026-06-11T00:00:00Z' }),
      callJson('c', { adapter: 'slow', latencyMs: null, costNanoUsd: null }),
    ]);
    const { status, body } = await ask('GET', '/tasks/summarise/stats');
    expect(status).toBe(200);
    expect(body).toMatchObject({ task: 'summarise', count: 2 });
    expect(body.adapters[0]).toEqual({
      ...{ task: 'summarise', adapter: 'fast', observations: 2, confidence: 0.95 },
      quality: { judged: 1, mean: 0.8, lower: expect.any(Number), upper: expect.any(Number) },
      success: {
        completed: 1,
        failed: 1,
        cancelled: 0,
        mean: 0.5,
        lower: expect.any(Number),
        upper: expect.any(Number),
      },
      cost: {
        ...{ priced: 1, unpriced: 1, meanNanoUsd: 2_000_000, deviationNanoUsd: 0, economicMeanNanoUsd: 2_000_000 },
        economicPerCompletedNanoUsd: expect.any(Number),
      },
      latency: { p50Ms: expect.closeTo(400, -2), p95Ms: expect.closeTo(400, -2) },
      lastSeenAt: '2026-06-11T00:00:00.000Z',
    });
    expect(body.adapters[1]).toMatchObject({
      ...{ adapter: 'slow', quality: { judged: 0, mean: null, lower: 0, upper: 1 } },
      ...{ cost: { unpriced: 1, meanNanoUsd: null }, latency: { p50Ms: null } },
    });
  });

  it('can be of one adapter, and since a day', async () => {
    const { ask } = await start();
    await ask('POST', '/observations', [
      callJson('a', { adapter: 'slow', at: '2026-06-09T23:59:59Z' }),
      callJson('b', { adapter: 'slow' }),
      callJson('c'),
    ]);
    const adaptersOf = async (query: string, task = 'summarise') => {
      const { body } = await ask('GET', `/tasks/${task}/stats?${query}`);
      return body.adapters.map((each: Record<string, unknown>) => [each['adapter'], each['observations']]);
    };
    expect(await adaptersOf('')).toEqual([
      ['fast', 1],
      ['slow', 2],
    ]);
    expect(await adaptersOf('adapter=slow')).toEqual([['slow', 2]]);
    expect(await adaptersOf('adapter=slow&since=2026-06-10')).toEqual([['slow', 1]]);
    expect(await adaptersOf('adapter=slow&since=2026-06-10T23:00:00Z')).toEqual([['slow', 1]]);
    expect(await adaptersOf('adapter=none')).toEqual([]);
    expect(await adaptersOf('', 'of%2Fnobody')).toEqual([]);
  });
});

describe.each(stores)('recommendations over HTTP, on %s', (_name, start) => {
  const request = { task: 'summarise', candidates: ['small', 'large'], minQuality: 0.7, explore: 0 };

  it('without data are the default, and say so', async () => {
    const { ask } = await start();
    const { status, body } = await ask('POST', '/recommendations', { ...request, default: 'large' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ task: 'summarise', adapter: 'large', choice: 'default', propensity: 1 });
    expect(body.reason).toContain('Too little is known');
    expect(body.candidates).toMatchObject([
      { adapter: 'small', observations: 0, standing: 'open', propensity: 0, whyNot: expect.any(String) },
      { adapter: 'large', observations: 0, propensity: 1, whyNot: null, lastSeenAt: null },
    ]);
  });

  it('are the cheapest that is shown to be good enough, by what was observed and judged', async () => {
    const { ask } = await start();
    for (const [adapter, quality, costNanoUsd] of [
      ['small', 0.9, 100],
      ['large', 1, 5000],
    ] as const)
      await ask('POST', '/observations', callsJson(adapter, 200, { adapter, quality, costNanoUsd }));
    const { body } = await ask('POST', '/recommendations', request);
    expect(body).toMatchObject({ adapter: 'small', choice: 'proven', propensity: 1 });
    expect(body.candidates[0]).toMatchObject({ standing: 'proven', cost: { meanNanoUsd: 100 }, whyNot: null });
    const strict = (await ask('POST', '/recommendations', { ...request, minQuality: 0.95, default: 'large' })).body;
    expect(strict.adapter).toBe('large');
    const seeded = { ...request, minQuality: 0.95, explore: 0.5, seed: 'call-1' };
    const [one, other] = [await ask('POST', '/recommendations', seeded), await ask('POST', '/recommendations', seeded)];
    expect(one.body).toEqual(other.body);
    expect(one.body.candidates.reduce((sum: number, each: { propensity: number }) => sum + each.propensity, 0)).toBe(1);
    const cheap = (await ask('POST', '/recommendations', { ...request, maxCostNanoUsd: '99' })).body;
    expect(cheap).toMatchObject({
      choice: 'default',
      candidates: [{ standing: 'excluded' }, { standing: 'excluded' }],
    });
  });
});
