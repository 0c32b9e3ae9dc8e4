import { type Contract, done, limitOf, limitUsageOf, MINUTE_MS, requestOf, tokens, usageOf } from './contract-tools.js';

const MANY = 60;

export const admissionContract: Contract = {
  'admits exactly up to the limit, and nothing past it': async ({ store, isEqual }) => {
    await store.setLimit(limitOf(100n));
    done(await store.reserve(requestOf('a', tokens(60n))));
    isEqual((await store.reserve(requestOf('b', tokens(41n)))).status, 'refused');
    done(await store.reserve(requestOf('c', tokens(40n))));
    isEqual((await store.reserve(requestOf('d', tokens(1n)))).status, 'refused');
    done(await store.reserve(requestOf('e', tokens(0n))));
    isEqual(await limitUsageOf(store), [0n, 100n, 0n, 0n]);
  },

  'a refusal says which limit, what is used and held and was asked, and when the window resets': async ({
    store,
    clock,
    isEqual,
  }) => {
    clock.set('2026-06-10T12:00:00Z');
    await store.setLimit(limitOf(100n, { window: { every: 'day', timeZone: 'UTC' } }));
    await store.reserve(requestOf('a', tokens(30n)));
    await store.settle('a', tokens(25n));
    await store.reserve(requestOf('b', tokens(50n)));
    isEqual(await store.reserve(requestOf('c', tokens(26n))), {
      status: 'refused',
      refusal: {
        scope: 'run',
        unit: 'tokens',
        limit: 100n,
        used: 25n,
        held: 50n,
        asked: 26n,
        resetsAtMs: Date.parse('2026-06-11T00:00:00Z'),
      },
      crossings: [],
    });
  },

  'sets amounts aside on all limits of all scopes, or on none': async ({ store, isEqual }) => {
    await store.setLimit(limitOf(100n, { scope: 'a' }));
    await store.setLimit(limitOf(100n, { scope: 'b' }));
    await store.setLimit(limitOf(1n, { scope: 'b', unit: 'calls' }));
    const scopes = ['a', 'b'];
    done(await store.reserve(requestOf('first', { tokens: 10n, calls: 1n }, { scopes })));
    const refused = await store.reserve(requestOf('second', { tokens: 10n, calls: 1n }, { scopes }));
    isEqual(refused.status === 'refused' && refused.refusal, {
      scope: 'b',
      unit: 'calls',
      limit: 1n,
      used: 0n,
      held: 1n,
      asked: 1n,
      resetsAtMs: null,
    });
    isEqual(await usageOf(store, 'a'), [0n, 10n, 0n]);
    isEqual(await usageOf(store, 'b'), [0n, 10n, 0n]);
    isEqual(await store.readReservation('second'), null);
  },

  'of a limit for life and one a day the tighter decides': async ({ store, clock, isEqual }) => {
    await store.setLimit(limitOf(100n));
    await store.setLimit(limitOf(60n, { window: { every: 'day', timeZone: 'UTC' } }));
    done(await store.reserve(requestOf('a', tokens(60n))));
    isEqual((await store.reserve(requestOf('b', tokens(1n)))).status, 'refused');
    await store.settle('a', tokens(60n));
    clock.set('2026-06-11T00:00:00Z');
    isEqual((await store.reserve(requestOf('c', tokens(41n)))).status, 'refused');
    done(await store.reserve(requestOf('d', tokens(40n))));
  },

  'a unit without a limit and a scope without limits admit everything and are counted': async ({ store, isEqual }) => {
    await store.setLimit(limitOf(1n));
    done(await store.reserve(requestOf('a', { nanoUsd: 10n ** 15n, calls: 7n }, { scopes: ['free', 'run'] })));
    isEqual(await store.readScope('free'), {
      scope: 'free',
      parent: null,
      limits: [],
      usage: [
        { unit: 'nanoUsd', used: 0n, held: 10n ** 15n, overrun: 0n },
        { unit: 'calls', used: 0n, held: 7n, overrun: 0n },
      ],
    });
    isEqual(await usageOf(store, 'run', 'calls'), [0n, 7n, 0n]);
  },

  'an overrun does not lock a scope that has room again': async ({ store, isEqual }) => {
    await store.setLimit(limitOf(100n));
    await store.reserve(requestOf('a', tokens(50n)));
    await store.settle('a', tokens(120n));
    isEqual(await limitUsageOf(store), [120n, 0n, 70n, 0n]);
    isEqual((await store.reserve(requestOf('b', tokens(1n)))).status, 'refused');
    await store.setLimit(limitOf(121n));
    done(await store.reserve(requestOf('c', tokens(1n))));
  },

  'many reservations at once are admitted exactly up to the limit': async ({ store, isEqual }) => {
    await store.setLimit(limitOf(100n, { scope: 'org' }));
    await store.setParent('run', 'org');
    const results = await Promise.all(
      Array.from({ length: MANY }, (_, index) => store.reserve(requestOf(`r${index}`, tokens(7n)))),
    );
    isEqual(results.filter(({ status }) => status === 'reserved').length, 14);
    isEqual(results.filter(({ status }) => status === 'refused').length, MANY - 14);
    isEqual(await limitUsageOf(store, 'org'), [0n, 98n, 0n, 2n]);
  },

  'the same id many times at once is one reservation': async ({ store, isEqual }) => {
    await store.setLimit(limitOf(10n));
    const results = await Promise.all(Array.from({ length: 10 }, () => store.reserve(requestOf('r', tokens(10n)))));
    isEqual(results.filter(({ status }) => status === 'reserved').length, 10);
    isEqual(results.filter((result) => result.status === 'reserved' && !result.isRepeated).length, 1);
    isEqual(await usageOf(store), [0n, 10n, 0n]);
  },

  'an id that is known is the same reservation for the same request, and taken for another one': async ({
    store,
    isEqual,
  }) => {
    await store.setLimit(limitOf(10n));
    const reserved = done(await store.reserve(requestOf('r', tokens(10n))));
    isEqual(await store.reserve(requestOf('r', tokens(10n))), {
      status: 'reserved',
      reservation: reserved,
      isRepeated: true,
      crossings: [],
    });
    isEqual((await store.reserve(requestOf('r', tokens(9n)))).status, 'id_taken');
    isEqual((await store.reserve(requestOf('r', { tokens: 10n, calls: 1n }))).status, 'id_taken');
    isEqual((await store.reserve(requestOf('r', tokens(10n), { scopes: ['other'] }))).status, 'id_taken');
    isEqual((await store.book(requestOf('r', tokens(10n)))).status, 'id_taken');
    const settled = done(await store.settle('r', tokens(4n)));
    const again = await store.reserve(requestOf('r', tokens(10n)));
    isEqual(again, { status: 'reserved', reservation: settled, isRepeated: true, crossings: [] });
    isEqual(await usageOf(store), [4n, 0n, 0n]);
  },

  'before a reservation is refused, every hold whose time is over is ended': async ({ store, clock, isEqual }) => {
    await store.setLimit(limitOf(250n));
    const holds = Array.from({ length: 250 }, (_, index) => requestOf(`r${index}`, tokens(1n)));
    await Promise.all(holds.map((request) => store.reserve(request)));
    isEqual((await store.reserve(requestOf('early', tokens(250n)))).status, 'refused');
    clock.pass(5 * MINUTE_MS);
    done(await store.reserve(requestOf('late', tokens(250n))));
    isEqual(await limitUsageOf(store), [0n, 250n, 0n, 0n]);
  },

  'a refusal leaves nothing behind, not even the names in it': async ({ store, isEqual }) => {
    await store.setLimit(limitOf(0n, { scope: 'org' }));
    await store.setParent('team', 'org');
    const before = await store.listScopes({ after: null, limit: 100 });
    const request = requestOf('r', { tokens: 1n, calls: 1n }, { scopes: ['new', 'team'] });
    isEqual((await store.reserve(request)).status, 'refused');
    isEqual(await store.readScope('new'), null);
    isEqual(await store.listScopes({ after: null, limit: 100 }), before);
    isEqual(await store.readReservation('r'), null);
    isEqual(await store.setParent('org', 'new under team'), 'set');
    isEqual(await store.setParent('new under team', 'team'), 'circle');
    isEqual(await store.setParent('team', 'team'), 'circle');
  },

  'what expired before a refusal stays so': async ({ store, clock, isEqual }) => {
    await store.setLimit(limitOf(100n));
    await store.reserve(requestOf('r', tokens(60n)));
    await store.markSent('r');
    clock.pass(5 * MINUTE_MS);
    isEqual((await store.reserve(requestOf('s', tokens(50n)))).status, 'refused');
    isEqual(await usageOf(store), [60n, 0n, 0n]);
  },
};
