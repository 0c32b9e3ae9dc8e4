import {
  type Contract,
  DAY_MS,
  done,
  limitOf,
  limitUsageOf,
  MINUTE_MS,
  requestOf,
  tokens,
  usageOf,
} from './contract-tools.js';

const daily = { window: { every: 'day', timeZone: 'Europe/Paris' } } as const;

export const windowContract: Contract = {
  'a window begins anew at midnight of its time zone, and says when': async ({ store, clock, isEqual }) => {
    clock.set('2026-06-10T21:59:59.999Z');
    await store.setLimit(limitOf(100n, daily));
    await store.book({ id: 'b', scopes: ['run'], amounts: tokens(100n) });
    const before = await store.readScope('run');
    isEqual(before?.limits[0]?.resetsAtMs, Date.parse('2026-06-10T22:00:00Z'));
    isEqual((await store.reserve(requestOf('r', tokens(1n)))).status, 'refused');
    clock.pass(1);
    isEqual(await limitUsageOf(store), [0n, 0n, 0n, 100n]);
    done(await store.reserve(requestOf('r', tokens(100n))));
    isEqual(await usageOf(store), [100n, 100n, 100n]);
  },

  'days on which clocks change have 23 and 25 hours': async ({ store, clock, isEqual }) => {
    await store.setLimit(limitOf(100n, daily));
    for (const [noon, reset] of [
      ['2026-03-29T10:00:00Z', '2026-03-29T22:00:00Z'],
      ['2026-10-25T11:00:00Z', '2026-10-25T23:00:00Z'],
    ] as const) {
      clock.set(noon);
      isEqual((await store.readScope('run'))?.limits[0]?.resetsAtMs, Date.parse(reset));
      done(await store.book({ id: noon, scopes: ['run'], amounts: tokens(1n) }));
      clock.set(reset);
      clock.pass(-1);
      isEqual(await limitUsageOf(store), [1n, 0n, 1n, 99n]);
      clock.pass(1);
      isEqual(await limitUsageOf(store), [0n, 0n, 0n, 100n]);
    }
  },

  'weeks begin on Monday, months on their first day': async ({ store, clock, isEqual }) => {
    clock.set('2026-06-10T12:00:00Z');
    await store.setLimit(limitOf(1n, { scope: 'week', window: { every: 'week', timeZone: 'UTC' } }));
    await store.setLimit(limitOf(1n, { scope: 'month', window: { every: 'month', timeZone: 'UTC' } }));
    isEqual((await store.readScope('week'))?.limits[0]?.resetsAtMs, Date.parse('2026-06-15T00:00:00Z'));
    isEqual((await store.readScope('month'))?.limits[0]?.resetsAtMs, Date.parse('2026-07-01T00:00:00Z'));
  },

  'a hold belongs to the window in which it was made, also when it is settled in the next one': async ({
    store,
    clock,
    isEqual,
  }) => {
    clock.set('2026-06-10T21:59:00Z');
    await store.setLimit(limitOf(100n, daily));
    done(await store.reserve(requestOf('r', tokens(80n))));
    clock.pass(2 * MINUTE_MS);
    isEqual(await limitUsageOf(store), [0n, 0n, 0n, 100n]);
    done(await store.settle('r', tokens(90n)));
    isEqual(await limitUsageOf(store), [0n, 0n, 0n, 100n]);
    isEqual(await usageOf(store), [90n, 0n, 10n]);
  },

  'a reset loses nothing of what was used for life': async ({ store, clock, isEqual }) => {
    await store.setLimit(limitOf(10n, daily));
    for (let day = 0; day < 5; day++) {
      done(await store.reserve(requestOf(`r${day}`, tokens(10n))));
      done(await store.settle(`r${day}`, tokens(10n)));
      clock.pass(DAY_MS);
    }
    isEqual(await usageOf(store), [50n, 0n, 0n]);
  },

  'a limit that is set later counts what was used and held before in its window, and nothing older': async ({
    store,
    clock,
    isEqual,
  }) => {
    clock.set('2026-06-10T12:00:00Z');
    done(await store.book({ id: 'yesterday', scopes: ['run'], amounts: tokens(1000n) }));
    clock.pass(DAY_MS);
    done(await store.book({ id: 'today', scopes: ['run'], amounts: tokens(30n) }));
    done(await store.reserve(requestOf('r', tokens(20n))));
    await store.setLimit(limitOf(60n, daily));
    isEqual(await limitUsageOf(store), [30n, 20n, 30n, 10n]);
    isEqual((await store.reserve(requestOf('s', tokens(11n)))).status, 'refused');
    done(await store.settle('r', tokens(25n)));
    isEqual(await limitUsageOf(store), [55n, 0n, 35n, 5n]);
  },

  'a limit for life that is set later counts all that was used': async ({ store, clock, isEqual }) => {
    done(await store.book({ id: 'b', scopes: ['run'], amounts: tokens(30n) }));
    clock.pass(400 * DAY_MS);
    await store.setLimit(limitOf(60n));
    isEqual(await limitUsageOf(store), [30n, 0n, 30n, 30n]);
  },

  'what is used between the removal of a limit and its return is counted': async ({ store, clock, isEqual }) => {
    clock.set('2026-06-10T08:00:00Z');
    await store.setLimit(limitOf(60n, daily));
    done(await store.book({ id: 'a', scopes: ['run'], amounts: tokens(10n) }));
    isEqual(await store.removeLimit(limitOf(60n, daily)), true);
    isEqual(await store.removeLimit(limitOf(60n, daily)), false);
    done(await store.reserve(requestOf('r', tokens(1000n))));
    await store.release('r', { isNotBilled: true });
    done(await store.book({ id: 'b', scopes: ['run'], amounts: tokens(10n) }));
    await store.setLimit(limitOf(60n, daily));
    isEqual(await limitUsageOf(store), [20n, 0n, 20n, 40n]);
    clock.pass(DAY_MS);
    await store.removeLimit(limitOf(60n, daily));
    done(await store.book({ id: 'c', scopes: ['run'], amounts: tokens(5n) }));
    await store.setLimit(limitOf(60n, daily));
    isEqual(await limitUsageOf(store), [5n, 0n, 5n, 55n]);
  },

  'a late settlement with a unit that was not held counts in its window beside what was booked there': async ({
    store,
    clock,
    isEqual,
  }) => {
    clock.set('2026-06-10T12:00:00Z');
    done(await store.reserve(requestOf('r', { calls: 1n })));
    done(await store.book({ id: 'b', scopes: ['run'], amounts: tokens(5n) }));
    clock.pass(DAY_MS);
    await store.setLimit(limitOf(60n, daily));
    done(await store.settle('r', tokens(10n)));
    isEqual(await store.audit(), []);
    isEqual(await limitUsageOf(store), [0n, 0n, 0n, 60n]);
    isEqual(await usageOf(store), [15n, 0n, 15n]);
  },

  'a clock that is set back over midnight finds what the day before has used, also if its limit is younger': async ({
    store,
    clock,
    isEqual,
  }) => {
    clock.set('2026-06-10T21:30:00Z');
    done(await store.book({ id: 'b', scopes: ['run'], amounts: tokens(40n) }));
    clock.set('2026-06-10T22:30:00Z');
    await store.setLimit(limitOf(60n, daily));
    clock.set('2026-06-10T21:45:00Z');
    isEqual(await limitUsageOf(store), [40n, 0n, 40n, 20n]);
    isEqual((await store.reserve(requestOf('r', tokens(21n)))).status, 'refused');
    done(await store.reserve(requestOf('r', tokens(20n))));
  },
};
