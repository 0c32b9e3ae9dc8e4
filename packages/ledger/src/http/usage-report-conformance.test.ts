import { describe, expect, it } from 'vitest';
import { onBothStores } from './testing/both-stores.js';
import { callJson, callsJson } from './testing/call-json.js';
import type { Served } from './testing/served.js';

const stores = onBothStores();

/** With a call at each of these times, which are their ids. */
async function withCallsAt(all: Served, ...times: readonly string[]): Promise<Served> {
  const { status } = await all.ask(
    'POST',
    '/observations',
    times.map((at) => callJson(at, { at })),
  );
  expect(status).toBe(201);
  return all;
}

async function historyOf({ ask }: Served, query: string): Promise<readonly string[]> {
  const { status, body } = await ask('GET', `/usage/history?${query}`);
  expect(status).toBe(200);
  expect(body.total).toBe(body.events.length);
  return body.events.map(({ id }: { id: string }) => id);
}

async function daysOf({ ask }: Served, query: string): Promise<readonly unknown[]> {
  const { status, body } = await ask('GET', `/usage/daily?${query}`);
  expect(status).toBe(200);
  expect(body.count).toBe(body.days.length);
  return body.days.map(({ date, requestCount }: Record<string, unknown>) => [date, requestCount]);
}

describe.each(stores)('the history over HTTP, on %s', (_name, start) => {
  it('tells each call, with its cost for people and exactly', async () => {
    const { ask } = await start();
    const call = callJson('a', { agentId: 'x', threadId: 't', organisationId: 'o', attempt: 2, metadata: { k: [1] } });
    await ask('POST', '/observations', call);
    const { body } = await ask('GET', '/usage/history');
    expect(body).toMatchObject({ count: 1, total: 1, offset: 0, limit: 100 });
    expect(body.events).toEqual([
      {
        ...{ id: 'a', at: '2026-06-10T12:00:00.000Z', threadId: 't', agentId: 'x', organisationId: 'o' },
        ...{ application: 'chat', provider: 'openai', model: 'gpt-4o-mini', phase: 'infer' },
        ...{ promptTokens: 1000, completionTokens: 100, totalTokens: 1100, cachedPromptTokens: 0 },
        ...{ cost: 0.002, costNanoUsd: 2_000_000, economicCostNanoUsd: 2_000_000, estimatedCostNanoUsd: null },
        ...{ latencyMs: 400, status: 'completed', attempt: 2, cacheHit: 'none', isUnpriced: false, isRetry: true },
        metadata: { k: [1] },
      },
    ]);
  });

  it('is newest first, by when calls were made and not by when they were told', async () => {
    const all = await withCallsAt(
      await start(),
      '2026-06-11T00:00:00Z',
      '2026-06-09T00:00:00Z',
      '2026-06-10T00:00:00Z',
    );
    expect(await historyOf(all, '')).toEqual(['2026-06-11T00:00:00Z', '2026-06-10T00:00:00Z', '2026-06-09T00:00:00Z']);
  });

  it('pages follow each other, and the total is that of all', async () => {
    const { ask } = await start();
    await ask('POST', '/observations', callsJson('call', 250));
    const pages = [];
    for (const offset of [0, 100, 200, 300]) {
      const { body } = await ask('GET', `/usage/history?offset=${offset}`);
      expect(body).toMatchObject({ total: 250, offset, limit: 100, count: body.events.length });
      pages.push(...body.events.map(({ id }: { id: string }) => id));
    }
    expect(pages).toHaveLength(250);
    expect(new Set(pages).size).toBe(250);
    expect((await ask('GET', '/usage/history?limit=1000')).body.count).toBe(250);
  });

  it('the total obeys every filter, alone and together', async () => {
    const { ask } = await start();
    const of = { org_id: 'organisationId', agent_id: 'agentId', model: 'model' } as const;
    const names = Object.keys(of) as (keyof typeof of)[];
    const calls = Array.from({ length: 8 }, (_, index) =>
      callJson(
        `call-${index}`,
        Object.fromEntries(names.map((name, bit) => [of[name], `${name}/${(index >> bit) & 1}`])),
      ),
    );
    await ask('POST', '/observations', [...calls, callJson('late', { at: '2026-06-11T12:00:00Z' })]);
    for (let mask = 0; mask < 8; mask++) {
      const asked = names.filter((_, bit) => (mask >> bit) & 1);
      const query = asked.map((name) => `${name}=${encodeURIComponent(`${name}/1`)}`).join('&');
      const { body } = await ask('GET', `/usage/history?${query}&end_time=2026-06-10&limit=1`);
      expect([query, body.total, body.count]).toEqual([query, 8 >> asked.length, 1]);
    }
  });

  it('date-only end excludes that day: it does not, and both ends are included', async () => {
    const all = await withCallsAt(
      await start(),
      ...['2026-06-08T23:59:59.999Z', '2026-06-09T00:00:00.000Z', '2026-06-10T23:59:59.999Z'],
      '2026-06-11T00:00:00.000Z',
    );
    expect(await historyOf(all, 'start_time=2026-06-09&end_time=2026-06-10')).toEqual([
      ...['2026-06-10T23:59:59.999Z', '2026-06-09T00:00:00.000Z'],
    ]);
    expect(await historyOf(all, 'start_time=2026-06-10T23:59:59.999Z&end_time=2026-06-11T00:00:00Z')).toEqual([
      ...['2026-06-11T00:00:00.000Z', '2026-06-10T23:59:59.999Z'],
    ]);
  });

  it.each([
    '2026-06-10T14:00:00%2B02:00',
    // A plus sign that nobody encoded.
    '2026-06-10T14:00:00+02:00',
    '2026-06-10T07:00:00-05:00',
    '2026-06-10T12:00:00.000000Z',
    '2026-06-10 12:00:00',
    '2026-06-10T12:00',
    '2026-06-10T17:45:00&time_zone=Asia/Kathmandu',
  ])('times compared as text: %s is a moment, however it is written', async (time) => {
    const all = await withCallsAt(
      await start(),
      '2026-06-10T11:59:59.999Z',
      '2026-06-10T12:00:00Z',
      '2026-06-10T12:00:00.001Z',
    );
    expect(await historyOf(all, `start_time=${time}`)).toEqual(['2026-06-10T12:00:00.001Z', '2026-06-10T12:00:00Z']);
    expect(await historyOf(all, `end_time=${time}`)).toEqual(['2026-06-10T12:00:00Z', '2026-06-10T11:59:59.999Z']);
  });
});

describe.each(stores)('billing over HTTP, on %s', (_name, start) => {
  it('is of a span and an organisation, in total and by model and agent', async () => {
    const { ask } = await start();
    await ask('POST', '/observations', [
      callJson('a', { organisationId: 'o', agentId: 'x' }),
      callJson('b', { organisationId: 'o', model: 'a/b', at: '2026-06-10T12:07:00Z' }),
      callJson('c', { organisationId: 'p', agentId: 'x' }),
      callJson('d', { organisationId: 'o', at: '2026-06-12T00:00:00Z' }),
    ]);
    const { body } = await ask('GET', '/usage/billing?start_time=2026-06-10&end_time=2026-06-11&org_id=o');
    expect(Object.keys(body)).toEqual(['totals', 'byModel', 'byAgent']);
    expect(body).toMatchObject({
      totals: { requestCount: 2, totalTokens: 2200, totalCost: 0.004, totalCostNanoUsd: 4_000_000 },
      byModel: [
        { model: 'a/b', requestCount: 1 },
        { model: 'gpt-4o-mini', requestCount: 1 },
      ],
      byAgent: [{ agentId: 'x', requestCount: 1 }],
    });
    expect((await ask('GET', '/usage/billing')).body.totals.requestCount).toBe(4);
    const cut = 'start_time=2026-06-10T12:00:00.001Z&end_time=2026-06-10T12:07:00Z';
    expect((await ask('GET', `/usage/billing?${cut}`)).body.totals.requestCount).toBe(1);
    expect((await ask('GET', '/usage/billing?org_id=none')).body).toMatchObject({
      ...{ totals: { requestCount: 0, totalCost: 0 }, byModel: [], byAgent: [] },
    });
  });
});

describe.each(stores)('days over HTTP, on %s', (_name, start) => {
  it('ascend, have a figure for days without a call, and are those of the time zone', async () => {
    const all = await withCallsAt(
      await start(),
      '2026-06-12T22:30:00Z',
      '2026-06-10T21:59:59Z',
      '2026-06-10T22:00:00Z',
    );
    const span = 'start_time=2026-06-10&end_time=2026-06-13';
    expect(await daysOf(all, `${span}&time_zone=Europe/Paris`)).toEqual([
      ['2026-06-10', 1],
      ['2026-06-11', 1],
      ['2026-06-12', 0],
      ['2026-06-13', 1],
    ]);
    expect(await daysOf(all, span)).toEqual([
      ['2026-06-10', 2],
      ['2026-06-11', 0],
      ['2026-06-12', 1],
      ['2026-06-13', 0],
    ]);
    expect((await all.ask('GET', `/usage/daily?${span}`)).body.days[0]).toMatchObject({
      ...{ totalTokens: 2200, totalCost: 0.004, totalCostNanoUsd: 4_000_000 },
    });
  });

  it('the day of 23 hours and the day of 25 hours have the calls of their hours', async () => {
    const all = await withCallsAt(
      await start(),
      ...['2026-03-28T22:59:59Z', '2026-03-28T23:00:00Z', '2026-03-29T21:59:59Z', '2026-03-29T22:00:00Z'],
      ...['2026-10-24T21:59:59Z', '2026-10-24T22:00:00Z', '2026-10-25T22:59:59Z', '2026-10-25T23:00:00Z'],
    );
    const zone = 'time_zone=Europe/Paris';
    expect(await daysOf(all, `start_time=2026-03-28&end_time=2026-03-30&${zone}`)).toEqual([
      ['2026-03-28', 1],
      ['2026-03-29', 2],
      ['2026-03-30', 1],
    ]);
    expect(await daysOf(all, `start_time=2026-10-24&end_time=2026-10-26&${zone}`)).toEqual([
      ['2026-10-24', 1],
      ['2026-10-25', 2],
      ['2026-10-26', 1],
    ]);
  });

  it('without ends are those from the first call of the last year to the last', async () => {
    const now = Date.now();
    const daysAgo = (days: number) => new Date(now - days * 86_400_000).toISOString();
    const all = await withCallsAt(await start(), daysAgo(400), daysAgo(3), daysAgo(1));
    const dates = [3, 2, 1].map((days) => daysAgo(days).slice(0, 10));
    expect(await daysOf(all, '')).toEqual([
      [dates[0], 1],
      [dates[1], 0],
      [dates[2], 1],
    ]);
    expect(await daysOf(all, 'org_id=none')).toEqual([]);
    expect(await daysOf(await start(), '')).toEqual([]);
  });

  it('without a beginning are whole days, also the first one', async () => {
    const first = new Date(Date.now() - 365 * 86_400_000).toISOString().slice(0, 10);
    const all = await withCallsAt(await start(), `${first}T00:00:00.001Z`, `${first}T23:59:59.999Z`);
    expect(await daysOf(all, '')).toEqual([[first, 2]]);
    const end = new Date(Date.parse(first) + 366 * 86_400_000).toISOString().replace(/T.*/, 'T12:00:00Z');
    expect((await daysOf(all, `end_time=${end}`))[0]).toEqual([first, 2]);
  });

  it('of one organisation are its own', async () => {
    const all = await start();
    await all.ask('POST', '/observations', [callJson('a', { organisationId: 'o' }), callJson('b')]);
    expect(await daysOf(all, 'start_time=2026-06-10&end_time=2026-06-10&org_id=o')).toEqual([['2026-06-10', 1]]);
  });
});
