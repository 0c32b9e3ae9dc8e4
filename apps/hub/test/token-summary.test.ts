import { describe, expect, it } from 'vitest';
import { hubAtWork } from './hub-at-work.js';
import { type Changes, modelPart, tokenEvent } from './token-events.js';

/** Events with a token each, so that a sum tells which were counted. */
function endedAt(...times: readonly string[]) {
  return times.map((ended_at, index) => tokenEvent({ id: `run-${index}`, ended_at }));
}

function unpriced(changes: Changes = {}) {
  return tokenEvent({
    ...{ cost_usd: null, cost_nano_usd: null, cost_source: 'unknown', unpriced_calls: 3 },
    ...{ models: [modelPart({ cost_nano_usd: null })] },
    ...changes,
  });
}

/** A run without calls, and a model without any in a run that has some. */
const nothing = { calls: 0, tokens_in: 0, tokens_out: 0, total_tokens: 0, models: [], model: null, unpriced_calls: 0 };
const idle = { calls: 0, input_tokens: 0, output_tokens: 0, cost_nano_usd: null };

describe('days', () => {
  // In Paris the clocks go forward on 29 March and back on 25 October 2026.
  it.each([
    [
      '2026-03-28',
      ['2026-03-27T22:59:59.999Z', '2026-03-27T23:00:00Z', '2026-03-28T22:59:59.999Z', '2026-03-28T23:00:00Z'],
    ],
    [
      '2026-03-29',
      ['2026-03-28T22:59:59.999Z', '2026-03-28T23:00:00Z', '2026-03-29T21:59:59.999Z', '2026-03-29T22:00:00Z'],
    ],
    [
      '2026-10-25',
      ['2026-10-24T21:59:59.999Z', '2026-10-24T22:00:00Z', '2026-10-25T22:59:59.999Z', '2026-10-25T23:00:00Z'],
    ],
    [
      '2026-10-26',
      ['2026-10-25T22:59:59.999Z', '2026-10-25T23:00:00Z', '2026-10-26T22:59:59.999Z', '2026-10-26T23:00:00Z'],
    ],
  ])('%s in Paris begins and ends with its midnights, also where it has 23 or 25 hours', async (day, times) => {
    const hub = await hubAtWork();
    await hub.post(endedAt(...times));
    const { body } = await hub.summary({ by: 'day', time_zone: 'Europe/Paris' });
    expect(body.groups.map(({ runs }: { runs: number }) => runs)).toEqual([1, 2, 1]);
    expect(body.groups[1]).toMatchObject({ day, runs: 2 });
    // The same day as a filter.
    const within = await hub.summary({ from: day, to: day, time_zone: 'Europe/Paris' });
    expect(within.body.totals.runs).toBe(2);
  });

  it('begin at one where the clocks skip midnight', async () => {
    const hub = await hubAtWork();
    // In Santiago 6 September 2026 begins at 01:00, which is 04:00 in UTC.
    await hub.post(endedAt('2026-09-06T03:59:59.999Z', '2026-09-06T04:00:00Z'));
    const { body } = await hub.summary({ by: 'day', time_zone: 'America/Santiago' });
    expect(body.groups).toMatchObject([{ day: '2026-09-05' }, { day: '2026-09-06' }]);
  });

  it('are those of UTC unless told otherwise, and of the end of a run as it was written', async () => {
    const hub = await hubAtWork();
    await hub.post(endedAt('2026-11-22T23:30:00-02:00', '2026-11-22T23:30:00Z'));
    const { body } = await hub.summary({ by: 'day' });
    expect(body).toMatchObject({ time_zone: 'UTC', groups: [{ day: '2026-11-22' }, { day: '2026-11-23' }] });
  });
});

describe('from and to', () => {
  it('a day as an end includes that day; a time as an end does not include itself', async () => {
    const hub = await hubAtWork();
    await hub.post(
      endedAt('2026-11-21T23:59:59.999Z', '2026-11-22T00:00:00Z', '2026-11-22T23:59:59.999Z', '2026-11-23T00:00:00Z'),
    );
    const runs = async (query: Record<string, string>) => (await hub.summary(query)).body.totals.runs;
    expect(await runs({ from: '2026-11-22', to: '2026-11-22' })).toBe(2);
    expect(await runs({ from: '2026-11-22' })).toBe(3);
    expect(await runs({ to: '2026-11-22' })).toBe(3);
    expect(await runs({ to: '2026-11-22T00:00:00Z' })).toBe(1);
    expect(await runs({ from: '2026-11-22T01:00:00+01:00', to: '2026-11-22T00:00:00.001Z' })).toBe(1);
    expect(await runs({ from: '2026-11-24', to: '2026-11-20' })).toBe(0);
  });

  it.each([
    [{ from: 'yesterday' }, 'from'],
    [{ to: '2026-02-30' }, 'to'],
    [{ to: '2026-02-20T00:00:00' }, 'to'],
    [{ time_zone: 'Mars/Olympus' }, 'time_zone'],
    [{ time_zone: '+02:00' }, 'time_zone'],
    [{ by: 'day,colour' }, 'by'],
    [{ infospace: 'handbook' }, 'workspace'],
    [{ workspace: '' }, 'workspace'],
  ])('%j is refused and names the field', async (query, path) => {
    const hub = await hubAtWork();
    const { status, body } = await hub.summary(query as unknown as Record<string, string>);
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ path }]);
  });

  it('a parameter that does not exist is refused, as who misspells one would get all', async () => {
    const hub = await hubAtWork();
    expect(await hub.summary({ workspaces: 'acme' })).toMatchObject({ status: 422, body: { code: 'query_invalid' } });
  });
});

describe('sums', () => {
  it('are exact past 2^53 and 2^63, as decimal text', async () => {
    const hub = await hubAtWork();
    const most = { calls: 1, tokens_in: Number.MAX_SAFE_INTEGER, tokens_out: 0, total_tokens: Number.MAX_SAFE_INTEGER };
    const dear = { ...most, cost_nano_usd: String(2n ** 63n - 1n), models: [] };
    await hub.post([1, 2, 3].map((index) => tokenEvent({ id: `run-${index}`, ...dear })));
    expect((await hub.summary()).body.totals).toMatchObject({
      calls: 3,
      tokens_in: String(3n * (2n ** 53n - 1n)),
      cost_nano_usd: String(3n * (2n ** 63n - 1n)),
    });
  });

  it('of a million tiny calls lose nothing to rounding', async () => {
    const hub = await hubAtWork();
    const tiny = { calls: 1, cost_usd: 0, cost_nano_usd: 223, models: [] };
    await hub.post(Array.from({ length: 1000 }, (_, index) => tokenEvent({ id: `run-${index}`, ...tiny })));
    expect((await hub.summary()).body.totals).toMatchObject({ cost_nano_usd: 223_000, cost_usd: 0.000223 });
  });

  it('without any event are zero, and of nothing but unpriced calls null', async () => {
    const hub = await hubAtWork();
    expect((await hub.summary()).body.totals).toMatchObject({ runs: 0, cost_nano_usd: 0, is_cost_lower_bound: false });
    await hub.post(unpriced());
    const lacking = { cost_usd: null, cost_nano_usd: null, unpriced_calls: 3, is_cost_lower_bound: true };
    expect((await hub.summary()).body.totals).toMatchObject(lacking);
    expect((await hub.summary({ by: 'model' })).body).toMatchObject({ totals: lacking, groups: [lacking] });
  });

  it.each([
    ['a run without calls', [unpriced(), unpriced({ id: 'run-2', ...nothing })]],
    [
      'a model without calls',
      [unpriced({ models: [modelPart({ cost_nano_usd: null }), modelPart({ model: 'x', ...idle })] })],
    ],
  ])('are null where nothing but %s could be priced, by whatever is grouped', async (_, events) => {
    const hub = await hubAtWork();
    expect((await hub.post(events)).status).toBe(200);
    for (const by of ['', 'infospace', 'model']) {
      const lacking = { cost_nano_usd: null, unpriced_calls: 3, is_cost_lower_bound: true };
      expect((await hub.summary({ by })).body.totals, by).toMatchObject(lacking);
    }
  });

  it('say that they lack the cost of a model, by whatever is grouped', async () => {
    const hub = await hubAtWork();
    const models = [modelPart({ calls: 1 }), modelPart({ model: 'x', ...idle, calls: 2, cost_nano_usd: null })];
    await hub.post(tokenEvent({ models }));
    for (const by of ['', 'infospace', 'model'])
      expect((await hub.summary({ by })).body.totals, by).toMatchObject({
        cost_nano_usd: 1_310_000,
        is_cost_lower_bound: true,
      });
  });

  it('say that they lack unpriced calls, in each group that has some and in no other', async () => {
    const hub = await hubAtWork();
    await hub.post([unpriced(), tokenEvent({ id: 'run-2', infospace_slug: 'quiz' }), tokenEvent({ id: 'run-3' })]);
    const { body } = await hub.summary({ by: 'infospace' });
    expect(body.groups).toMatchObject([
      { infospace: 'handbook', cost_nano_usd: 1_310_000, unpriced_calls: 3, is_cost_lower_bound: true },
      { infospace: 'quiz', cost_nano_usd: 1_310_000, unpriced_calls: 0, is_cost_lower_bound: false },
    ]);
    expect(body.totals).toMatchObject({ cost_nano_usd: 2_620_000, unpriced_calls: 3, is_cost_lower_bound: true });
  });

  it('a run without calls costs nothing, which is known', async () => {
    const hub = await hubAtWork();
    await hub.post(unpriced(nothing));
    expect((await hub.summary()).body.totals).toMatchObject({ runs: 1, cost_nano_usd: 0, is_cost_lower_bound: false });
  });
});

describe('groups', () => {
  it('stand in the order that was asked for, each with the names that make it one', async () => {
    const hub = await hubAtWork();
    await hub.post([
      tokenEvent({ id: 'run-1', workspace: 'beta', workplan_id: 'spring' }),
      tokenEvent({ id: 'run-2', workspace: 'acme', workplan_id: 'spring' }),
      tokenEvent({ id: 'run-3', workspace: 'acme' }),
    ]);
    const names = async (by: string) =>
      (await hub.summary({ by })).body.groups.map((group: Record<string, unknown>) =>
        ['day', 'workspace', 'infospace', 'provider', 'model', 'workplan'].flatMap((name) =>
          name in group ? [[name, group[name]]] : [],
        ),
      );
    // An infospace of the same name in another workspace is another one.
    expect(await names('infospace')).toEqual([
      [
        ['workspace', 'acme'],
        ['infospace', 'handbook'],
      ],
      [
        ['workspace', 'beta'],
        ['infospace', 'handbook'],
      ],
    ]);
    expect(await names('workplan')).toEqual([[['workplan', 'spring']], [['workplan', null]]]);
    expect(await names('workplan,workspace')).toEqual([
      [
        ['workspace', 'acme'],
        ['workplan', 'spring'],
      ],
      [
        ['workspace', 'beta'],
        ['workplan', 'spring'],
      ],
      [
        ['workspace', 'acme'],
        ['workplan', null],
      ],
    ]);
    expect((await hub.summary({ workspace: 'acme', infospace: 'handbook' })).body.totals.runs).toBe(2);
    expect((await hub.summary({ workspace: 'nobody' })).body.totals.runs).toBe(0);
  });

  it('by model sum to the totals, also where an event names some of its models only', async () => {
    const hub = await hubAtWork();
    const mini = modelPart({
      model: 'gpt-4o-mini',
      calls: 1,
      input_tokens: 12,
      output_tokens: 6,
      cost_nano_usd: 10_000,
    });
    await hub.post([tokenEvent({ models: [mini] }), tokenEvent({ id: 'run-2' })]);
    const { body } = await hub.summary({ by: 'model' });
    expect(body.groups).toMatchObject([
      { model: 'gpt-4o', runs: 1, calls: 3, cost_nano_usd: 1_310_000 },
      { model: 'gpt-4o-mini', runs: 1, calls: 1, cost_nano_usd: 10_000 },
      { model: null, provider: null, runs: 1, calls: 2, tokens_in: 800, tokens_out: 160, cost_nano_usd: 1_300_000 },
    ]);
    expect(body.totals).toMatchObject({ runs: 2, calls: 6, cost_nano_usd: 2_620_000 });
  });

  it('never change the totals, also where a run made no call', async () => {
    const hub = await hubAtWork();
    const nothing = { calls: 0, tokens_in: 0, tokens_out: 0, total_tokens: 0, models: [], model: null };
    await hub.post([tokenEvent(), unpriced({ id: 'run-2', ...nothing, unpriced_calls: 0 })]);
    const { totals } = (await hub.summary()).body;
    expect(totals).toMatchObject({ runs: 2, calls: 3 });
    for (const by of ['day', 'workspace', 'infospace', 'model', 'workplan']) {
      expect((await hub.summary({ by })).body.totals).toEqual(totals);
    }
  });

  it('are refused where there are more than anybody reads', async () => {
    const hub = await hubAtWork();
    for (let batch = 0; batch < 11; batch++) {
      const slugs = Array.from({ length: 1000 }, (_, index) => `infospace-${batch}-${index}`);
      await hub.post(slugs.map((infospace_slug) => tokenEvent({ infospace_slug })));
    }
    expect(await hub.summary({ by: 'infospace' })).toMatchObject({ status: 422, body: { code: 'summary_too_large' } });
    expect(await hub.summary({ by: 'workspace' })).toMatchObject({ status: 200, body: { totals: { runs: 11_000 } } });
  });
});
