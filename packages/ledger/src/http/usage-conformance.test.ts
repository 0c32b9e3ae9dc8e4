import { describe, expect, it } from 'vitest';
import { createThreadBudgets } from '../thread-budgets.js';
import { onBothStores } from './testing/both-stores.js';
import { callJson, callsJson } from './testing/call-json.js';

const stores = onBothStores();

const zeros = {
  ...{ requestCount: 0, totalTokens: 0, promptTokens: 0, completionTokens: 0, cachedPromptTokens: 0 },
  ...{ totalCost: 0, totalCostNanoUsd: 0, unpricedRequests: 0, economicCost: 0, economicCostNanoUsd: 0 },
  ...{ estimatedRequests: 0, estimatedCostNanoUsd: 0, estimateDeltaNanoUsd: 0 },
  ...{ failedRequests: 0, cancelledRequests: 0, retriedRequests: 0, cacheHitRatio: 0, avgLatencyMs: 0 },
  ...{ p50LatencyMs: null, p95LatencyMs: null },
};

describe.each(stores)('usage over HTTP, on %s', (_name, start) => {
  it('of nothing is zeros', async () => {
    const { ask } = await start();
    expect(await ask('GET', '/usage')).toMatchObject({ status: 200 });
    expect((await ask('GET', '/usage')).body).toEqual({
      usage: { totals: zeros, byAgent: [], byModel: [], nextAgent: null, nextModel: null, activeThreads: 0 },
    });
  });

  it('is summed over all, by agent and by model, at once', async () => {
    const { ask } = await start();
    await ask('POST', '/observations', [
      callJson('a', { agentId: 'writer', threadId: 't1', cachedPromptTokens: 600, economicCostNanoUsd: 3_000_000 }),
      callJson('b', { agentId: 'planner', threadId: 't1', latencyMs: 800, estimatedCostNanoUsd: 5_000_000 }),
      callJson('c', { model: 'anthropic/claude', threadId: 't2', status: 'failed', attempt: 2 }),
    ]);
    const { usage } = (await ask('GET', '/usage')).body;
    expect(usage.totals).toEqual({
      ...{ requestCount: 3, totalTokens: 3300, promptTokens: 3000, completionTokens: 300, cachedPromptTokens: 600 },
      ...{ totalCost: 0.006, totalCostNanoUsd: 6_000_000, unpricedRequests: 0 },
      ...{ economicCost: 0.007, economicCostNanoUsd: 7_000_000 },
      ...{ estimatedRequests: 1, estimatedCostNanoUsd: 5_000_000, estimateDeltaNanoUsd: -3_000_000 },
      ...{ failedRequests: 1, cancelledRequests: 0, retriedRequests: 1, cacheHitRatio: 1 / 3 },
      ...{ avgLatencyMs: 1600 / 3, p50LatencyMs: expect.closeTo(400, -2), p95LatencyMs: expect.closeTo(800, -2) },
    });
    expect(usage.byAgent).toMatchObject([
      { agentId: 'planner', requestCount: 1 },
      { agentId: 'writer', requestCount: 1, cachedPromptTokens: 600 },
    ]);
    expect(usage.byModel).toMatchObject([
      { model: 'anthropic/claude', requestCount: 1 },
      { model: 'gpt-4o-mini', requestCount: 2, totalTokens: 2200 },
    ]);
    expect(usage.activeThreads).toBe(2);
  });

  it('unknown model as $0: a call that nobody can price is counted beside every cost', async () => {
    const { ask } = await start();
    await ask('POST', '/observations', [callJson('a'), callJson('b', { costNanoUsd: null })]);
    const lower = { requestCount: 2, totalCost: 0.002, totalCostNanoUsd: 2_000_000, unpricedRequests: 1 };
    const { usage } = (await ask('GET', '/usage')).body;
    expect([usage.totals, ...usage.byModel]).toMatchObject([lower, lower]);
    expect((await ask('GET', '/usage/models/gpt-4o-mini')).body).toMatchObject(lower);
    const billing = (await ask('GET', '/usage/billing')).body;
    expect([billing.totals, ...billing.byModel]).toMatchObject([lower, lower]);
    expect((await ask('GET', '/usage/daily?start_time=2026-06-10')).body.days[0]).toMatchObject(lower);
    const { events } = (await ask('GET', '/usage/history')).body;
    expect(events.map(({ cost, isUnpriced }: Record<string, unknown>) => [cost, isUnpriced])).toEqual([
      [null, true],
      [0.002, false],
    ]);
  });

  it.each(['openai/gpt-4o', 'openrouter/meta/llama-3:free', 'a%b c?d#e', 'modèle', 'constructor'])(
    'of the model %s, whether or not its slashes are encoded',
    async (model) => {
      const { ask } = await start();
      await ask('POST', '/observations', callJson('a', { model, agentId: model }));
      const encoded = encodeURIComponent(model);
      const of = { model, requestCount: 1, totalTokens: 1100 };
      expect(await ask('GET', `/usage/models/${encoded}`)).toMatchObject({ status: 200, body: of });
      expect(await ask('GET', `/usage/models/${encoded.replaceAll('%2F', '/')}`)).toMatchObject({ body: of });
      expect((await ask('GET', `/usage/agents/${encoded}`)).body).toMatchObject({ agentId: model, requestCount: 1 });
    },
  );

  it('of agents and models that nobody knows is zeros', async () => {
    const { ask } = await start();
    await ask('POST', '/observations', callJson('a', { agentId: 'writer' }));
    expect(await ask('GET', '/usage/agents/nobody')).toMatchObject({ status: 200, body: zeros });
    expect((await ask('GET', '/usage/agents/nobody')).body).toEqual({ agentId: 'nobody', ...zeros });
    expect((await ask('GET', '/usage/models/no/such/model')).body).toEqual({ model: 'no/such/model', ...zeros });
  });

  it('sums past 2^53 are told as text, with every digit', async () => {
    const { ask } = await start();
    const million = '1000000000000000';
    await ask('POST', '/observations', callsJson('dear', 10, { costNanoUsd: million }));
    await ask('POST', '/observations', callJson('odd', { costNanoUsd: 1, estimatedCostNanoUsd: million }));
    expect((await ask('GET', '/usage')).body.usage.totals).toMatchObject({
      ...{ totalCost: 10_000_000, totalCostNanoUsd: '10000000000000001', estimateDeltaNanoUsd: -999_999_999_999_999 },
    });
  });

  it('of more agents and models than fit into one answer comes page by page', async () => {
    const { ask } = await start();
    for (const name of ['a', 'b', 'c'])
      await ask('POST', '/observations', callJson(name, { agentId: name, model: `m/${name}` }));
    const first = (await ask('GET', '/usage/agents?limit=2')).body;
    expect(first).toMatchObject({ agents: [{ agentId: 'a' }, { agentId: 'b' }], count: 2, next: 'b' });
    expect((await ask('GET', '/usage/agents?limit=3')).body).toMatchObject({ count: 3, next: null });
    expect((await ask('GET', '/usage/agents?limit=2&after=b')).body).toMatchObject({
      ...{ agents: [{ agentId: 'c' }], count: 1, next: null },
    });
    expect((await ask('GET', '/usage/models?after=m%2Fa')).body).toMatchObject({
      ...{ models: [{ model: 'm/b' }, { model: 'm/c' }], count: 2, next: null },
    });
    await ask(
      'POST',
      '/observations',
      callsJson('x', 1000).map((call, agentId) => ({ ...call, agentId: `d${agentId}` })),
    );
    const { usage } = (await ask('GET', '/usage')).body;
    expect(usage.byAgent).toHaveLength(1000);
    expect((await ask('GET', `/usage/agents?after=${usage.nextAgent}`)).body.agents).toHaveLength(3);
  });
});

describe.each(stores)('a reset over HTTP, on %s', (_name, start) => {
  const token = 'secret';
  const bearer = { authorization: `Bearer ${token}` };

  it('starts totals anew and keeps history, billing and days', async () => {
    const { ask } = await start({ token });
    await ask('POST', '/observations', callJson('a', { agentId: 'x', threadId: 't' }), bearer);
    const reset = await ask('POST', '/usage/reset', undefined, bearer);
    expect(reset.status).toBe(200);
    expect(reset.body).toEqual({ success: true, message: 'Usage tracking reset' });
    const { usage } = (await ask('GET', '/usage', undefined, bearer)).body;
    expect(usage).toMatchObject({ totals: zeros, byAgent: [], byModel: [], activeThreads: 0 });
    expect((await ask('GET', '/usage/history', undefined, bearer)).body.total).toBe(1);
    expect((await ask('GET', '/usage/billing', undefined, bearer)).body.totals.requestCount).toBe(1);
    await ask('POST', '/observations', callJson('b'), bearer);
    expect((await ask('GET', '/usage', undefined, bearer)).body.usage.totals.requestCount).toBe(1);
  });

  it('needs the token: without it 401, with another one 403, and on a server that has none 403', async () => {
    const { ask } = await start({ token });
    expect(await ask('POST', '/usage/reset')).toMatchObject({ status: 401 });
    expect(await ask('POST', '/usage/reset', undefined, { authorization: 'Bearer x' })).toMatchObject({ status: 403 });
    const open = await start();
    await open.ask('POST', '/observations', callJson('a'));
    expect(await open.ask('POST', '/usage/reset', undefined, bearer)).toMatchObject({
      ...{ status: 403, body: { code: 'token_not_configured' } },
    });
    expect((await open.ask('GET', '/usage')).body.usage.totals.requestCount).toBe(1);
  });
});

describe.each(stores)('budgets of threads over HTTP, on %s', (_name, start) => {
  it('are as they are told, and 404 where there is none, which asking does not change', async () => {
    const { ask, ledger } = await start();
    await createThreadBudgets(ledger).consume('talk/1', { promptTokens: 60_000, completionTokens: 40_001 });
    expect((await ask('GET', '/usage/threads/talk%2F1')).body).toEqual({
      ...{ threadId: 'talk/1', maxTokens: 100_000, promptTokens: 60_000, completionTokens: 40_001 },
      ...{ totalTokens: 100_001, remaining: 0, requestCount: 1, percentUsed: 100, isExhausted: true },
    });
    for (const _ of [1, 2])
      expect(await ask('GET', '/usage/threads/nobody%20here')).toMatchObject({
        ...{ status: 404, body: { detail: 'No budget found for thread: nobody here', code: 'thread_unknown' } },
      });
  });

  it('are listed with the fullest first, page by page', async () => {
    const all = await start();
    const threads = createThreadBudgets(all.ledger, { maxTokens: 1000 });
    for (const [id, tokens] of Object.entries({ c: 250, a: 10, d: 900, b: 250 }))
      await threads.consume(id, { promptTokens: tokens, completionTokens: 0 });
    const { body } = await all.ask('GET', '/usage/threads');
    expect(body).toMatchObject({ count: 4, total: 4, defaultMaxTokens: 100_000 });
    expect(body.threads.map((each: Record<string, unknown>) => [each['threadId'], each['percentUsed']])).toEqual([
      ['d', 90],
      ['b', 25],
      ['c', 25],
      ['a', 1],
    ]);
    expect((await all.ask('GET', '/usage/threads?limit=2&offset=1')).body).toMatchObject({
      ...{ threads: [{ threadId: 'b' }, { threadId: 'c' }], count: 2, total: 4 },
    });
    const own = await start({ ledger: all.ledger, threads });
    expect((await own.ask('GET', '/usage/threads')).body.defaultMaxTokens).toBe(1000);
  });
});
