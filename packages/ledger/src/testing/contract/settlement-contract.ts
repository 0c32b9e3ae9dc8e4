import assert from 'node:assert/strict';
import { type Contract, done, limitOf, limitUsageOf, MINUTE_MS, requestOf, tokens, usageOf } from './contract-tools.js';

export const settlementContract: Contract = {
  'a scope is never so full that a hold on it could not be booked whole, and so it keeps nobody from reserving':
    async ({ store, clock, isEqual }) => {
      const most = 2n ** 63n - 1n;
      done(await store.reserve(requestOf('a', tokens(most - 10n), { isSent: true })));
      const refused = await store.reserve(requestOf('too much', tokens(11n)));
      isEqual(refused.status === 'refused' && [refused.refusal.limit, refused.refusal.held], [most, most - 10n]);
      done(await store.reserve(requestOf('b', tokens(10n), { isSent: true })));
      await assert.rejects(store.book({ id: 'c', scopes: ['run'], amounts: tokens(1n) }), { code: 'counter_full' });
      await assert.rejects(store.settle('b', tokens(11n)), { code: 'counter_full' });
      clock.pass(5 * MINUTE_MS);
      done(await store.reserve(requestOf('d', tokens(1n), { scopes: ['other'] })));
      isEqual(await usageOf(store), [most, 0n, 0n]);
      await store.settle('a', tokens(5n));
      done(await store.reserve(requestOf('e', tokens(1n))));
    },

  'settle books what was used and frees the rest of the hold': async ({ store, isEqual }) => {
    await store.setLimit(limitOf(100n));
    await store.reserve(requestOf('r', tokens(60n)));
    isEqual(await limitUsageOf(store), [0n, 60n, 0n, 40n]);
    isEqual(done(await store.settle('r', tokens(45n))).booked, tokens(45n));
    isEqual(await limitUsageOf(store), [45n, 0n, 0n, 55n]);
  },

  'what exceeds the hold is booked whole and marked as an overrun': async ({ store, isEqual }) => {
    await store.setLimit(limitOf(100n));
    await store.reserve(requestOf('r', tokens(60n)));
    isEqual(done(await store.settle('r', tokens(130n))).overrun, tokens(70n));
    isEqual(await limitUsageOf(store), [130n, 0n, 70n, 0n]);
  },

  'a unit that is not named is booked as it was held, so that nobody frees it by silence': async ({
    store,
    isEqual,
  }) => {
    await store.reserve(requestOf('r', { tokens: 60n, calls: 1n }));
    isEqual(done(await store.settle('r', tokens(5n))).booked, { tokens: 5n, calls: 1n });
    isEqual(await usageOf(store, 'run', 'calls'), [1n, 0n, 0n]);
  },

  'a unit that was not held is booked as an overrun': async ({ store, isEqual }) => {
    await store.setLimit(limitOf(100n, { unit: 'nanoUsd' }));
    await store.reserve(requestOf('r', tokens(60n)));
    isEqual(done(await store.settle('r', { nanoUsd: 30n })).overrun, { nanoUsd: 30n });
    isEqual(await usageOf(store, 'run', 'nanoUsd'), [30n, 0n, 30n]);
    isEqual(await usageOf(store), [60n, 0n, 0n]);
  },

  'a settlement that names what was held is the same as one that does not': async ({ store, isEqual }) => {
    await store.reserve(requestOf('r', { tokens: 60n, calls: 1n }));
    done(await store.settle('r', tokens(5n)));
    isEqual((await store.settle('r', { tokens: 5n, calls: 1n, nanoUsd: 0n })).status, 'changed');
    isEqual((await store.settle('r', { tokens: 5n, calls: 2n })).status, 'already_settled');
    isEqual(await usageOf(store, 'run', 'calls'), [1n, 0n, 0n]);
  },

  'a settlement after the hold expired unsent is an overrun of a hold of nothing': async ({
    store,
    clock,
    isEqual,
  }) => {
    await store.reserve(requestOf('r', tokens(60n)));
    clock.pass(5 * MINUTE_MS);
    isEqual(done(await store.settle('r', tokens(40n))).overrun, tokens(40n));
    isEqual(await usageOf(store), [40n, 0n, 40n]);
  },

  'a settlement after a release is an overrun of a hold of nothing': async ({ store, isEqual }) => {
    await store.reserve(requestOf('r', tokens(60n)));
    await store.release('r', { isNotBilled: false });
    isEqual(await usageOf(store), [0n, 0n, 0n]);
    isEqual(done(await store.settle('r', tokens(40n))).overrun, tokens(40n));
    isEqual(await usageOf(store), [40n, 0n, 40n]);
  },

  'a settlement after the hold expired sent corrects the estimate, down or up': async ({ store, clock, isEqual }) => {
    for (const id of ['less', 'more']) {
      await store.reserve(requestOf(id, tokens(60n)));
      await store.markSent(id);
    }
    clock.pass(5 * MINUTE_MS);
    await store.expireDue(10);
    isEqual(await usageOf(store), [120n, 0n, 0n]);
    const { overrun, isEstimated } = done(await store.settle('less', tokens(40n)));
    isEqual([overrun, isEstimated], [{}, false]);
    isEqual(await usageOf(store), [100n, 0n, 0n]);
    isEqual(done(await store.settle('more', tokens(90n))).overrun, tokens(30n));
    isEqual(await usageOf(store), [130n, 0n, 30n]);
  },

  'proof that nothing was billed takes the estimate of an expired hold back': async ({ store, clock, isEqual }) => {
    await store.reserve(requestOf('r', tokens(60n)));
    await store.markSent('r');
    clock.pass(5 * MINUTE_MS);
    isEqual((await store.release('r', { isNotBilled: false })).status, 'already_sent');
    isEqual(await usageOf(store), [60n, 0n, 0n]);
    isEqual(done(await store.release('r', { isNotBilled: true })).booked, null);
    isEqual(await usageOf(store), [0n, 0n, 0n]);
  },

  'book counts whatever the limits say, all of it as an overrun': async ({ store, clock, isEqual }) => {
    await store.setLimit(limitOf(10n));
    const booking = await store.book({ id: 'b', scopes: ['run'], amounts: tokens(25n) });
    const { status, booked, overrun, resolvedAtMs } = done(booking);
    isEqual([status, booked, overrun], ['settled', tokens(25n), tokens(25n)]);
    isEqual(resolvedAtMs, clock.nowMs());
    isEqual(await limitUsageOf(store), [25n, 0n, 25n, 0n]);
  },

  'book is idempotent by id': async ({ store, isEqual }) => {
    const booking = { id: 'b', scopes: ['run'], amounts: tokens(25n) };
    const first = done(await store.book(booking));
    isEqual(await store.book(booking), { status: 'changed', reservation: first, crossings: [] });
    isEqual((await store.book({ ...booking, amounts: tokens(24n) })).status, 'id_taken');
    isEqual((await store.book({ ...booking, scopes: ['other'] })).status, 'id_taken');
    isEqual((await store.reserve(requestOf('b', tokens(25n)))).status, 'id_taken');
    isEqual(await usageOf(store), [25n, 0n, 25n]);
  },

  'an amount of a million dollars and sums of thousands of them are exact': async ({ store, isEqual }) => {
    const amounts = { nanoUsd: 10n ** 15n - 1n };
    await store.setLimit(limitOf(10n ** 18n, { unit: 'nanoUsd' }));
    for (let index = 0; index < 50; index++) done(await store.book({ id: `b${index}`, scopes: ['run'], amounts }));
    isEqual(await usageOf(store, 'run', 'nanoUsd'), [50n * (10n ** 15n - 1n), 0n, 50n * (10n ** 15n - 1n)]);
  },

  'a booking is settled again with what it booked, also where a unit is not named': async ({ store, isEqual }) => {
    done(await store.book({ id: 'b', scopes: ['run'], amounts: { tokens: 5n, calls: 1n } }));
    isEqual(done(await store.settle('b', tokens(5n))).booked, { tokens: 5n, calls: 1n });
    isEqual((await store.settle('b', tokens(6n))).status, 'already_settled');
    isEqual((await store.settle('b', { tokens: 5n, calls: 0n })).status, 'already_settled');
  },
};
