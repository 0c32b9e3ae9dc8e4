import { describe, expect, it } from 'vitest';
import type { LedgerStore } from '../store.js';
import { postgresForTests } from '../testing/postgres-for-tests.js';
import { temporaryStore } from '../testing/temporary-store.js';
import { served, tokensAsked } from './testing/served.js';

// Nobody pulls the plug here.
const postgres = postgresForTests({ settings: { fsync: 'off' } });
const stores: Readonly<Record<string, () => Promise<LedgerStore>>> = {
  SQLite: () => temporaryStore(),
  PostgreSQL: () => postgres.store({ maxConnections: 4 }),
};
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const DAY = { every: 'day', timeZone: 'Europe/Paris' };

describe.each(Object.entries(stores))('limits over HTTP, on %s', (_name, openStore) => {
  const start = async () => served({ store: await openStore() });

  it('are set, changed, listed and removed', async () => {
    const { ask } = await start();
    const lifetime = { unit: 'tokens', limit: 1000, window: null, used: 0, held: 0, remaining: 1000, overrun: 0 };
    const put = await ask('PUT', '/limits/run%3A1', { unit: 'tokens', limit: 1000 });
    expect(put).toMatchObject({ status: 200, body: { scope: 'run:1', parent: null } });
    expect(put.body.limits).toEqual([
      { ...lifetime, resetsAt: null, thresholds: expect.arrayContaining([{ percent: 75, severity: 'warning' }]) },
    ]);
    await ask('PUT', '/limits/run%3A1', { unit: 'tokens', limit: '2000', thresholds: [] });
    const both = await ask('PUT', '/limits/run%3A1', { unit: 'nanoUsd', limit: 5, window: DAY });
    expect(both.body.limits).toMatchObject([
      { unit: 'nanoUsd', limit: 5, window: DAY, resetsAt: expect.stringMatching(TIME) },
      { unit: 'tokens', limit: 2000, thresholds: [] },
    ]);
    expect((await ask('GET', '/limits/run%3A1')).body).toEqual(both.body);
    expect((await ask('GET', '/limits')).body).toEqual({ scopes: [both.body], count: 1, next: null });
    expect(await ask('DELETE', '/limits/run%3A1?unit=nanoUsd&every=lifetime')).toMatchObject({ status: 404 });
    expect(await ask('DELETE', '/limits/run%3A1?every=day&timeZone=europe%2Fparis')).toMatchObject({
      ...{ status: 200, body: { scope: 'run:1', removed: 1 } },
    });
    expect((await ask('GET', '/limits/run%3A1')).body.limits).toMatchObject([{ unit: 'tokens' }]);
    expect((await ask('DELETE', '/limits/run%3A1')).body.removed).toBe(1);
  });

  it('are full at what can be counted, and neither that nor U+0000 tells where the ledger is', async () => {
    const store = await openStore();
    const { ask } = await served({ store });
    const most = { tokens: 2n ** 63n - 1n };
    await store.reserve({ id: 'most', scopes: ['run:1'], amounts: most, expiresInMs: 60_000 });
    const full = await ask('POST', '/reservations', tokensAsked('r', 1));
    expect(full).toMatchObject({ status: 409, body: { code: 'counter_full' } });
    const overrun = await ask('POST', '/reservations/most/settle', { amounts: { tokens: 1, calls: 1 } });
    expect(overrun).toMatchObject({ status: 200 });
    const zero = await ask('POST', '/reservations', tokensAsked('a\0b', 1));
    expect(zero).toMatchObject({ status: 422, body: { code: 'id_invalid', errors: [{ field: 'id' }] } });
    const after = await ask('GET', '/limits?after=a%00b');
    for (const { body } of [full, zero, after])
      expect(JSON.stringify(body)).not.toMatch(/ledger\.db|127\.0\.0\.1|localhost|\/tmp/);
  });

  it('have parents, on whose limits their reservations count', async () => {
    const { ask } = await start();
    await ask('PUT', '/limits/org', { unit: 'calls', limit: 1 });
    expect(await ask('PUT', '/limits/run%3A1', { parent: 'org' })).toMatchObject({
      status: 200,
      body: { parent: 'org' },
    });
    const both = { unit: 'calls', limit: 9, parent: 'org' };
    expect((await ask('PUT', '/limits/run%3A2', both)).body).toMatchObject({ parent: 'org', limits: [{ limit: 9 }] });
    const twice = [1, 2].map(() => ({ percent: 50, severity: 'half' }));
    const refused = await ask('PUT', '/limits/run%3A3', { ...both, thresholds: twice });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ field: 'thresholds' }] } });
    expect(await ask('GET', '/limits/run%3A3')).toMatchObject({ status: 404 });
    expect(await ask('PUT', '/limits/org', { parent: 'run:1' })).toMatchObject({
      ...{ status: 422, body: { code: 'parent_invalid', errors: [{ field: 'parent' }] } },
    });
    const call = { scopes: ['run:1'], amounts: { calls: 1 } };
    expect(await ask('POST', '/reservations', { id: 'a', ...call })).toMatchObject({ status: 201 });
    expect(await ask('POST', '/reservations', { id: 'b', ...call })).toMatchObject({
      status: 402,
      body: { scope: 'org' },
    });
    expect((await ask('PUT', '/limits/run%3A1', { parent: null })).body.parent).toBeNull();
  });

  it('are listed page by page', async () => {
    const { ask, ledger } = await start();
    for (const scope of ['a', 'b', 'c']) await ledger.setLimit({ scope, unit: 'calls', limit: 1 });
    const first = (await ask('GET', '/limits?limit=2')).body;
    expect(first).toMatchObject({ scopes: [{ scope: 'a' }, { scope: 'b' }], count: 2, next: 'b' });
    expect((await ask('GET', '/limits?limit=1&after=b')).body).toMatchObject({ count: 1, next: null });
    expect((await ask('GET', '/limits?limit=3')).body).toMatchObject({ count: 3, next: null });
    expect((await ask('GET', `/limits?limit=2&after=${first.next}`)).body).toMatchObject({
      ...{ scopes: [{ scope: 'c' }], count: 1, next: null },
    });
  });

  it.each(['infospace:acme/demo', 'a%2Fb', 'Straße 9 ?x=1&y#z', '../up', '日本:🙂', 'constructor', "o'brien+co;v=1,2"])(
    'scopes and ids such as %s are percent-encoded',
    async (name) => {
      const { ask } = await start();
      const encoded = encodeURIComponent(name);
      expect((await ask('PUT', `/limits/${encoded}`, { unit: 'calls', limit: 3 })).body.scope).toBe(name);
      const made = await ask('POST', '/reservations', { id: name, scopes: [name], amounts: { calls: 1 } });
      expect(made.status).toBe(201);
      expect((await ask('POST', `/reservations/${encoded}/sent`)).body).toMatchObject({ id: name, scopes: [name] });
      expect((await ask('GET', `/limits/${encoded}`)).body.limits).toMatchObject([{ held: 1, remaining: 2 }]);
    },
  );

  it('whole numbers past 2^53 travel as text, both ways', async () => {
    const { ask } = await start();
    const limit = '9007199254740993';
    expect((await ask('PUT', '/limits/run%3A1', { unit: 'nanoUsd', limit })).body.limits[0].limit).toBe(limit);
    const most = '1000000000000000';
    for (const id of ['1', '2', '3', '4', '5', '6', '7', '8', '9'])
      await ask('POST', '/reservations', { id, scopes: ['run:1'], amounts: { nanoUsd: most } });
    expect((await ask('GET', '/limits/run%3A1')).body.limits[0]).toMatchObject({
      ...{ held: 9_000_000_000_000_000, remaining: 7_199_254_740_993 },
    });
    expect((await ask('POST', '/reservations/1/settle', { amounts: { nanoUsd: '1' } })).body.booked).toEqual({
      nanoUsd: 1,
    });
    expect(await ask('PUT', '/limits/run%3A1', `{"unit":"nanoUsd","limit":9007199254740993}`)).toMatchObject({
      ...{ status: 422, body: { errors: [{ field: 'limit' }] } },
    });
  });
});

describe.each(Object.entries(stores))('reservations over HTTP, on %s', (_name, openStore) => {
  const start = async () => {
    const all = await served({ store: await openStore() });
    await all.ask('PUT', '/limits/run%3A1', { unit: 'tokens', limit: 100 });
    return all;
  };

  it('are made with 201, and the same again is 200 and the same answer', async () => {
    const { ask } = await start();
    const first = await ask('POST', '/reservations', tokensAsked('r', 60, { expiresInMs: 60_000 }));
    expect(first).toMatchObject({ status: 201 });
    expect(first.body).toEqual({ id: 'r', status: 'held', expiresAt: expect.stringMatching(TIME) });
    const again = await ask('POST', '/reservations', tokensAsked('r', 60, { expiresInMs: 60_000 }));
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(again.body).toEqual(first.body);
    expect(await ask('POST', '/reservations', tokensAsked('r', 61))).toMatchObject({
      ...{ status: 409, body: { code: 'id_taken' } },
    });
    expect((await ask('GET', '/limits/run%3A1')).body.limits[0]).toMatchObject({ held: 60, remaining: 40 });
  });

  it('are refused with 402 and what the limit says', async () => {
    const { ask } = await start();
    await ask('POST', '/reservations', tokensAsked('r', 60));
    const refused = await ask('POST', '/reservations', tokensAsked('s', 41));
    expect(refused.status).toBe(402);
    expect(refused.body).toEqual({
      ...{ detail: expect.stringContaining('has no room'), code: 'budget_exceeded', scope: 'run:1', unit: 'tokens' },
      ...{ limit: 100, used: 0, held: 60, asked: 41, resetsAt: null },
    });
    expect(await ask('POST', '/reservations', tokensAsked('s', 40))).toMatchObject({ status: 201 });
  });

  it('are sent, extended and settled, each again with the same answer', async () => {
    const { ask } = await start();
    const { body } = await ask('POST', '/reservations', tokensAsked('r', 60, { expiresInMs: 1000 }));
    const steps = [
      ['sent', undefined, { status: 'sent', booked: null }],
      ['extend', { expiresInMs: 3_600_000 }, { status: 'sent' }],
      ['settle', { amounts: { tokens: 70 } }, { status: 'settled', booked: { tokens: 70 }, overrun: { tokens: 10 } }],
    ] as const;
    for (const [verb, sent, expected] of steps) {
      const first = await ask('POST', `/reservations/r/${verb}`, sent);
      expect(first).toMatchObject({
        status: 200,
        body: { id: 'r', scopes: ['run:1'], amounts: { tokens: 60 }, ...expected },
      });
      if (verb === 'extend') expect(Date.parse(first.body.expiresAt)).toBeGreaterThan(Date.parse(body.expiresAt) + 1e6);
      const again = await ask('POST', `/reservations/r/${verb}`, sent);
      if (verb !== 'extend') expect(again).toMatchObject({ status: 200, body: first.body });
    }
    expect((await ask('GET', '/reservations/r')).body).toMatchObject({
      ...{ status: 'settled', isEstimated: false, sentAt: expect.stringMatching(TIME) },
      resolvedAt: expect.stringMatching(TIME),
    });
    expect(await ask('POST', '/reservations/r/settle', { amounts: { tokens: 71 } })).toMatchObject({
      ...{ status: 409, body: { code: 'already_settled' } },
    });
    expect(await ask('POST', '/reservations', tokensAsked('r', 60))).toMatchObject({
      ...{ status: 200, body: { status: 'settled' } },
    });
  });

  it('are released, once sent only with proof', async () => {
    const { ask } = await start();
    await ask('POST', '/reservations', tokensAsked('r', 60));
    expect(await ask('POST', '/reservations/r/release')).toMatchObject({ status: 200, body: { status: 'released' } });
    expect(await ask('POST', '/reservations/r/release', '')).toMatchObject({
      status: 200,
      body: { status: 'released' },
    });
    expect(await ask('POST', '/reservations/r/sent')).toMatchObject({ status: 409, body: { code: 'not_held' } });
    expect(await ask('POST', '/reservations/r/extend')).toMatchObject({ status: 409, body: { code: 'not_held' } });
    const sent = await ask('POST', '/reservations', tokensAsked('s', 60, { isSent: true }));
    expect(sent).toMatchObject({ status: 201, body: { status: 'sent' } });
    expect(await ask('POST', '/reservations/s/release', {})).toMatchObject({
      ...{ status: 409, body: { code: 'already_sent' } },
    });
    expect(await ask('POST', '/reservations/s/release', { isNotBilled: true })).toMatchObject({ status: 200 });
    expect((await ask('GET', '/limits/run%3A1')).body.limits[0]).toMatchObject({ used: 0, held: 0 });
  });

  it.each(['sent', 'extend', 'release'])('%s of one that nobody made is 404', async (verb) => {
    const { ask } = await start();
    const unknown = { status: 404, body: { code: 'reservation_unknown' } };
    expect(await ask('POST', `/reservations/none/${verb}`)).toMatchObject(unknown);
    expect(await ask('GET', '/reservations/none')).toMatchObject(unknown);
    expect(await ask('POST', '/reservations/none/settle', { amounts: { tokens: 1 } })).toMatchObject(unknown);
  });

  it('one whose time is over is freed, or booked whole once it was sent', async () => {
    const { ask } = await start();
    await ask('POST', '/reservations', tokensAsked('held', 30, { expiresInMs: 1 }));
    await ask('POST', '/reservations', tokensAsked('sent', 40, { expiresInMs: 1, isSent: true }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await ask('POST', '/reservations', tokensAsked('r', 60));
    expect((await ask('GET', '/reservations/held')).body).toMatchObject({ status: 'expired', booked: null });
    expect((await ask('GET', '/reservations/sent')).body).toMatchObject({
      ...{ status: 'expired', booked: { tokens: 40 }, isEstimated: true },
    });
    expect((await ask('POST', '/reservations/sent/settle', { amounts: { tokens: 5 } })).body).toMatchObject({
      ...{ status: 'settled', booked: { tokens: 5 }, isEstimated: false },
    });
  });
});
