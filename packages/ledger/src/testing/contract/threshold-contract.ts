import { type Contract, DAY_MS, done, limitOf, MINUTE_MS, percentsOf, requestOf, tokens } from './contract-tools.js';

const daily = { window: { every: 'day', timeZone: 'UTC' } } as const;

export const thresholdContract: Contract = {
  'each threshold is told once, inclusive, when what is used reaches it': async ({ store, isEqual }) => {
    await store.setLimit(limitOf(100n));
    const book = async (id: string, amount: bigint) =>
      percentsOf((await store.book({ id, scopes: ['run'], amounts: tokens(amount) })).crossings);
    isEqual(await book('a', 74n), []);
    isEqual(await book('b', 1n), [75]);
    isEqual(await book('b', 1n), []);
    isEqual(await book('c', 14n), []);
    isEqual(await book('d', 1n), [90]);
    isEqual(await book('e', 500n), [95]);
    isEqual(await book('f', 1n), []);
  },

  'a step over several tells them ascending, with all that there is to say': async ({ store, clock, isEqual }) => {
    clock.set('2026-06-10T12:00:00Z');
    await store.setLimit(limitOf(100n, daily));
    const { crossings } = await store.book({ id: 'b', scopes: ['run'], amounts: tokens(92n) });
    const common = { scope: 'run', unit: 'tokens', ...daily, limit: 100n, used: 92n } as const;
    const resetsAtMs = Date.parse('2026-06-11T00:00:00Z');
    isEqual(crossings, [
      { ...common, resetsAtMs, percent: 75, severity: 'warning' },
      { ...common, resetsAtMs, percent: 90, severity: 'critical' },
    ]);
  },

  'what is only held crosses nothing; its settlement does': async ({ store, isEqual }) => {
    await store.setLimit(limitOf(100n));
    isEqual((await store.reserve(requestOf('r', tokens(100n)))).crossings, []);
    isEqual(percentsOf((await store.settle('r', tokens(80n))).crossings), [75]);
  },

  'what settlements of one moment reach together is told once': async ({ store, isEqual }) => {
    await store.setLimit(limitOf(100n));
    const ids = ['a', 'b', 'c', 'd', 'e'];
    for (const id of ids) await store.reserve(requestOf(id, tokens(20n)));
    const settled = await Promise.all(ids.map((id) => store.settle(id, tokens(16n))));
    isEqual(percentsOf(settled.flatMap(({ crossings }) => crossings)), [75]);
  },

  'a sent hold that expires crosses for the verb that came upon it': async ({ store, clock, isEqual }) => {
    await store.setLimit(limitOf(100n));
    await store.setLimit(limitOf(100n, { scope: 'other' }));
    await store.reserve(requestOf('r', tokens(80n)));
    await store.markSent('r');
    await store.reserve(requestOf('s', tokens(80n), { scopes: ['other'] }));
    await store.markSent('s');
    clock.pass(5 * MINUTE_MS);
    isEqual((await store.readReservation('r'))?.status, 'expired');
    isEqual(percentsOf((await store.release('r', { isNotBilled: false })).crossings), [75]);
    const { crossings, count } = await store.expireDue(10);
    isEqual([crossings.map(({ scope, percent }) => [scope, percent]), count], [[['other', 75]], 1]);
  },

  'every limit on which somebody books has its own': async ({ store, isEqual }) => {
    await store.setParent('run', 'org');
    await store.setLimit(limitOf(100n));
    await store.setLimit(limitOf(80n, daily));
    await store.setLimit(limitOf(1000n, { scope: 'org' }));
    const { crossings } = await store.book({ id: 'b', scopes: ['run'], amounts: tokens(76n) });
    const told = crossings.map(({ scope, window, percent }) => `${scope} ${window?.every ?? 'ever'} ${percent}`);
    isEqual([...told].sort(), ['run day 75', 'run day 90', 'run day 95', 'run ever 75']);
  },

  'a new window tells again': async ({ store, clock, isEqual }) => {
    await store.setLimit(limitOf(100n, daily));
    isEqual(percentsOf((await store.book({ id: 'a', scopes: ['run'], amounts: tokens(80n) })).crossings), [75]);
    clock.pass(DAY_MS);
    isEqual(percentsOf((await store.book({ id: 'b', scopes: ['run'], amounts: tokens(80n) })).crossings), [75]);
  },

  'after the limit was raised it tells again what came out of reach, and nothing else': async ({ store, isEqual }) => {
    await store.setLimit(limitOf(100n));
    isEqual(percentsOf((await store.book({ id: 'a', scopes: ['run'], amounts: tokens(95n) })).crossings), [75, 90, 95]);
    isEqual((await store.setLimit(limitOf(120n))).crossings, []);
    isEqual(percentsOf((await store.book({ id: 'b', scopes: ['run'], amounts: tokens(13n) })).crossings), [90]);
    isEqual((await store.setLimit(limitOf(120n))).crossings, []);
  },

  'a limit that is lowered, or set late, may be reached by that': async ({ store, isEqual }) => {
    done(await store.book({ id: 'a', scopes: ['run'], amounts: tokens(50n) }));
    isEqual(percentsOf((await store.setLimit(limitOf(60n))).crossings), [75]);
    isEqual(percentsOf((await store.setLimit(limitOf(50n))).crossings), [90, 95]);
    isEqual((await store.setLimit(limitOf(50n))).crossings, []);
  },

  'nothing used crosses nothing, also not a limit of nothing': async ({ store, isEqual }) => {
    isEqual((await store.setLimit(limitOf(0n))).crossings, []);
    isEqual((await store.book({ id: 'a', scopes: ['run'], amounts: tokens(0n) })).crossings, []);
    isEqual(percentsOf((await store.book({ id: 'b', scopes: ['run'], amounts: tokens(1n) })).crossings), [75, 90, 95]);
  },

  'a limit has the thresholds that it was given, or none': async ({ store, isEqual }) => {
    await store.setLimit(limitOf(100n, { thresholds: [{ percent: 1, severity: 'begun' }] }));
    await store.setLimit(limitOf(100n, { unit: 'calls', thresholds: [] }));
    const { crossings } = await store.book({ id: 'a', scopes: ['run'], amounts: { tokens: 100n, calls: 100n } });
    isEqual(
      crossings.map(({ unit, severity }) => [unit, severity]),
      [['tokens', 'begun']],
    );
  },

  'a correction that lowers what is used does not make anything be told twice': async ({ store, clock, isEqual }) => {
    await store.setLimit(limitOf(100n));
    await store.reserve(requestOf('r', tokens(80n)));
    await store.markSent('r');
    clock.pass(5 * MINUTE_MS);
    isEqual(percentsOf((await store.expireDue(1)).crossings), [75]);
    isEqual((await store.settle('r', tokens(10n))).crossings, []);
    isEqual((await store.book({ id: 'b', scopes: ['run'], amounts: tokens(70n) })).crossings, []);
  },

  'what was told is not told again after the thresholds were taken away and given back': async ({ store, isEqual }) => {
    await store.setLimit(limitOf(100n));
    isEqual(percentsOf((await store.book({ id: 'a', scopes: ['run'], amounts: tokens(80n) })).crossings), [75]);
    isEqual((await store.setLimit(limitOf(100n, { thresholds: [] }))).crossings, []);
    isEqual((await store.setLimit(limitOf(100n))).crossings, []);
    isEqual(percentsOf((await store.book({ id: 'b', scopes: ['run'], amounts: tokens(10n) })).crossings), [90]);
  },

  'nobody is told of a window that is over, as by a late settlement after the limit was lowered': async ({
    store,
    clock,
    isEqual,
  }) => {
    clock.set('2026-06-10T23:00:00Z');
    await store.setLimit(limitOf(100n, daily));
    for (const id of ['a', 'b']) await store.reserve(requestOf(id, tokens(10n), { expiresInMs: DAY_MS }));
    isEqual((await store.settle('a', tokens(10n))).crossings, []);
    clock.set('2026-06-11T01:00:00Z');
    await store.setLimit(limitOf(10n, daily));
    isEqual((await store.settle('b', tokens(10n))).crossings, []);
    isEqual(percentsOf((await store.book({ id: 'c', scopes: ['run'], amounts: tokens(8n) })).crossings), [75]);
  },
};
