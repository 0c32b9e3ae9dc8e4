import type { ReservationStatus } from '../../reservation.js';
import type { LedgerStore } from '../../store.js';
import {
  type Contract,
  type ContractTools,
  done,
  MINUTE_MS,
  readDone,
  requestOf,
  tokens,
  usageOf,
} from './contract-tools.js';

type Beginning = ReservationStatus | 'reserved as sent' | 'expired sent';

/** Brings a reservation of 10 tokens into each state that there is. */
async function begin(store: LedgerStore, clock: ContractTools['clock'], status: Beginning): Promise<void> {
  done(await store.reserve(requestOf('r', tokens(10n), { isSent: status === 'reserved as sent' })));
  if (status === 'sent' || status === 'expired sent') done(await store.markSent('r'));
  if (status === 'settled') done(await store.settle('r', tokens(4n)));
  if (status === 'released') done(await store.release('r', { isNotBilled: false }));
  if (status === 'expired' || status === 'expired sent') clock.pass(5 * MINUTE_MS);
}

/** What each verb says to a reservation in each state, and what it is afterwards. */
const transitions: readonly (readonly [Beginning, verb: string, status: string, ReservationStatus])[] = [
  ['held', 'markSent', 'changed', 'sent'],
  ['sent', 'markSent', 'changed', 'sent'],
  ['reserved as sent', 'markSent', 'changed', 'sent'],
  ['settled', 'markSent', 'changed', 'settled'],
  ['released', 'markSent', 'not_held', 'released'],
  ['expired', 'markSent', 'not_held', 'expired'],
  ['expired sent', 'markSent', 'not_held', 'expired'],
  ['held', 'extend', 'changed', 'held'],
  ['sent', 'extend', 'changed', 'sent'],
  ['settled', 'extend', 'not_held', 'settled'],
  ['released', 'extend', 'not_held', 'released'],
  ['expired', 'extend', 'not_held', 'expired'],
  ['expired sent', 'extend', 'not_held', 'expired'],
  ['held', 'settle', 'changed', 'settled'],
  ['sent', 'settle', 'changed', 'settled'],
  ['reserved as sent', 'settle', 'changed', 'settled'],
  ['settled', 'settle', 'changed', 'settled'],
  ['settled', 'settle otherwise', 'already_settled', 'settled'],
  ['released', 'settle', 'changed', 'settled'],
  ['expired', 'settle', 'changed', 'settled'],
  ['expired sent', 'settle', 'changed', 'settled'],
  ['held', 'release', 'changed', 'released'],
  ['sent', 'release', 'already_sent', 'sent'],
  ['reserved as sent', 'release', 'already_sent', 'sent'],
  ['settled', 'release', 'already_settled', 'settled'],
  ['released', 'release', 'changed', 'released'],
  ['expired', 'release', 'changed', 'expired'],
  ['expired sent', 'release', 'already_sent', 'expired'],
  ['held', 'release not billed', 'changed', 'released'],
  ['sent', 'release not billed', 'changed', 'released'],
  ['settled', 'release not billed', 'already_settled', 'settled'],
  ['released', 'release not billed', 'changed', 'released'],
  ['expired sent', 'release not billed', 'changed', 'released'],
];

const verbs: Readonly<Record<string, (store: LedgerStore) => ReturnType<LedgerStore['settle']>>> = {
  markSent: (store) => store.markSent('r'),
  extend: (store) => store.extend('r', MINUTE_MS),
  settle: (store) => store.settle('r', tokens(4n)),
  'settle otherwise': (store) => store.settle('r', tokens(5n)),
  release: (store) => store.release('r', { isNotBilled: false }),
  'release not billed': (store) => store.release('r', { isNotBilled: true }),
};

const table: Contract = Object.fromEntries(
  transitions.map(([beginning, verb, status, after]) => [
    `${beginning}: ${verb} is ${status} and leaves it ${after}, also when it is said again`,
    async ({ store, clock, isEqual }) => {
      await begin(store, clock, beginning);
      const run = verbs[verb] as (of: LedgerStore) => ReturnType<LedgerStore['settle']>;
      const first = await run(store);
      isEqual(first.status, status);
      isEqual(first.status !== 'unknown' && first.reservation.status, after);
      const usage = await usageOf(store);
      const again = await run(store);
      isEqual({ ...again, crossings: [] }, { ...first, crossings: [] });
      isEqual(await usageOf(store), usage);
      isEqual(again.status !== 'unknown' && again.reservation, await readDone(store, 'r'));
    },
  ]),
);

export const transitionContract: Contract = {
  ...table,

  'an id that nobody knows is unknown to every verb': async ({ store, isEqual }) => {
    for (const run of Object.values(verbs)) isEqual(await run(store), { status: 'unknown', crossings: [] });
    isEqual(await store.readReservation('r'), null);
  },

  'a reservation tells its scopes, amounts and times': async ({ store, clock, isEqual }) => {
    const atMs = clock.nowMs();
    await store.setParent('run', 'org');
    done(await store.reserve(requestOf('r', { tokens: 10n, calls: 1n })));
    clock.pass(1000);
    done(await store.markSent('r'));
    clock.pass(1000);
    const expected = {
      id: 'r',
      scopes: ['org', 'run'],
      amounts: { tokens: 10n, calls: 1n },
      reservedAtMs: atMs,
      expiresAtMs: atMs + 5 * MINUTE_MS,
      sentAtMs: atMs + 1000,
      isEstimated: false,
    };
    const sent = { ...expected, status: 'sent', resolvedAtMs: null, booked: null, overrun: {} };
    isEqual(await store.readReservation('r'), sent);
    done(await store.settle('r', tokens(12n)));
    const settled = { ...expected, status: 'settled', resolvedAtMs: atMs + 2000 };
    const amounts = { booked: { tokens: 12n, calls: 1n }, overrun: { tokens: 2n } };
    isEqual(await store.readReservation('r'), { ...settled, ...amounts });
  },

  'extend counts from now': async ({ store, clock, isEqual }) => {
    await begin(store, clock, 'held');
    clock.pass(4 * MINUTE_MS);
    isEqual(done(await store.extend('r', 2 * MINUTE_MS)).expiresAtMs, clock.nowMs() + 2 * MINUTE_MS);
    clock.pass(2 * MINUTE_MS - 1);
    isEqual(done(await store.markSent('r')).status, 'sent');
    isEqual(done(await store.extend('r', 1)).expiresAtMs, clock.nowMs() + 1);
  },

  'a hold is over at the millisecond at which it expires, for whoever looks': async ({ store, clock, isEqual }) => {
    await begin(store, clock, 'held');
    clock.pass(5 * MINUTE_MS - 1);
    isEqual((await readDone(store, 'r')).status, 'held');
    clock.pass(1);
    const { status, booked, isEstimated } = await readDone(store, 'r');
    isEqual([status, booked, isEstimated], ['expired', null, false]);
    isEqual((await store.reserve(requestOf('r', tokens(10n)))).status, 'reserved');
    isEqual(await usageOf(store), [0n, 0n, 0n]);
  },

  'an unsent hold is freed when it expires, a sent one booked whole and marked as an estimate': async ({
    store,
    clock,
    isEqual,
  }) => {
    done(await store.reserve(requestOf('unsent', tokens(10n))));
    done(await store.reserve(requestOf('sent', tokens(7n))));
    await store.markSent('sent');
    done(await store.reserve(requestOf('sent at once', tokens(7n), { isSent: true })));
    clock.pass(5 * MINUTE_MS);
    isEqual((await store.expireDue(10)).count, 3);
    isEqual(await usageOf(store), [14n, 0n, 0n]);
    for (const id of ['sent', 'sent at once']) {
      const sent = await readDone(store, id);
      isEqual([sent.status, sent.booked, sent.overrun, sent.isEstimated], ['expired', tokens(7n), {}, true]);
    }
    const unsent = await readDone(store, 'unsent');
    isEqual([unsent.status, unsent.booked, unsent.isEstimated], ['expired', null, false]);
  },

  'expireDue ends the oldest first, at most as many as it is told, and nothing that is still held': async ({
    store,
    clock,
    isEqual,
  }) => {
    for (const minutes of [3, 1, 2, 9]) {
      await store.reserve(requestOf(`${minutes}`, tokens(1n), { expiresInMs: minutes * MINUTE_MS }));
    }
    isEqual((await store.expireDue(10)).count, 0);
    clock.pass(5 * MINUTE_MS);
    isEqual((await store.expireDue(2)).count, 2);
    isEqual(await usageOf(store), [0n, 2n, 0n]);
    const [first, last] = [await readDone(store, '1'), await readDone(store, '2')];
    isEqual([first.status, last.status], ['expired', 'expired']);
    isEqual((await store.expireDue(2)).count, 1);
    isEqual((await store.expireDue(2)).count, 0);
    isEqual((await readDone(store, '9')).status, 'held');
  },
};
