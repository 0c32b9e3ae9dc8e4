import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Amounts, units } from './amounts.js';
import type { Reservation } from './reservation.js';
import { type Change, expire, extend, isActive, isDue, release, send, settle } from './reservation-change.js';

const NOW_MS = 1_000_000;
const hold = { tokens: 100n, calls: 1n };

const held: Reservation = {
  ...{ id: 'r1', status: 'held', scopes: ['run:1'], amounts: hold, reservedAtMs: 0, expiresAtMs: 2_000_000 },
  ...{ sentAtMs: null, resolvedAtMs: null, booked: null, overrun: {}, isEstimated: false },
};
const sent = made(send(held, 1));
const states = {
  held,
  sent,
  settled: made(settle(sent, { tokens: 80n }, 2)),
  released: made(release(held, false, 2)),
  'released after it was sent': made(release(sent, true, 2)),
  'expired unsent': expire(held, 2).next,
  'expired sent': expire(sent, 2).next,
};
type State = keyof typeof states;

const verbs = {
  send: (before: Reservation) => send(before, NOW_MS),
  extend: (before: Reservation) => extend(before, 3_000_000),
  'settle 80': (before: Reservation) => settle(before, { tokens: 80n }, NOW_MS),
  'settle 130': (before: Reservation) => settle(before, { tokens: 130n }, NOW_MS),
  release: (before: Reservation) => release(before, false, NOW_MS),
  'release unbilled': (before: Reservation) => release(before, true, NOW_MS),
};
type Verb = keyof typeof verbs;

function made(change: Change): Reservation {
  if ('problem' in change) throw new Error(change.problem);
  return change.next;
}

/** `used/held/overrun` of the tokens as the verb moves them; `=` for nothing at all, or the problem. */
function told(before: Reservation, change: Change): string {
  if ('problem' in change) return change.problem;
  const { next, moves } = change;
  if (next === before) return '=';
  const { used = 0n, held: freed = 0n, overrun = 0n } = moves.tokens ?? {};
  return `${next.status} ${used}/${freed}/${overrun}`;
}

const table: Readonly<Record<State, Readonly<Record<Verb, string>>>> = {
  held: {
    ...{
      send: 'sent 0/0/0',
      extend: 'held 0/0/0',
      release: 'released 0/-100/0',
      'release unbilled': 'released 0/-100/0',
    },
    ...{ 'settle 80': 'settled 80/-100/0', 'settle 130': 'settled 130/-100/30' },
  },
  sent: {
    ...{ send: '=', extend: 'sent 0/0/0', release: 'already_sent', 'release unbilled': 'released 0/-100/0' },
    ...{ 'settle 80': 'settled 80/-100/0', 'settle 130': 'settled 130/-100/30' },
  },
  settled: {
    ...{ send: '=', extend: 'not_held', release: 'already_settled', 'release unbilled': 'already_settled' },
    ...{ 'settle 80': '=', 'settle 130': 'already_settled' },
  },
  released: {
    ...{ send: 'not_held', extend: 'not_held', release: '=', 'release unbilled': '=' },
    ...{ 'settle 80': 'settled 80/0/80', 'settle 130': 'settled 130/0/130' },
  },
  'released after it was sent': {
    ...{ send: 'not_held', extend: 'not_held', release: '=', 'release unbilled': '=' },
    ...{ 'settle 80': 'settled 80/0/80', 'settle 130': 'settled 130/0/130' },
  },
  'expired unsent': {
    ...{ send: 'not_held', extend: 'not_held', release: '=', 'release unbilled': '=' },
    ...{ 'settle 80': 'settled 80/0/80', 'settle 130': 'settled 130/0/130' },
  },
  'expired sent': {
    ...{ send: 'not_held', extend: 'not_held', release: 'already_sent', 'release unbilled': 'released -100/0/0' },
    ...{ 'settle 80': 'settled -20/0/0', 'settle 130': 'settled 30/0/30' },
  },
};

describe('what a verb makes of a reservation', () => {
  const cells = Object.entries(table).flatMap(([state, row]) =>
    Object.entries(row).map(([verb, outcome]) => [state as State, verb as Verb, outcome] as const),
  );

  it.each(cells)('%s: %s is %s', (state, verb, outcome) => {
    const before = states[state];
    expect(told(before, verbs[verb](before))).toBe(outcome);
  });

  it.each(cells)('%s: %s said twice is the same as once', (state, verb) => {
    const first = verbs[verb](states[state]);
    if ('problem' in first) return;
    const again = verbs[verb](first.next);
    expect(again).toEqual({ next: first.next, moves: {} });
  });

  it('an unsent hold expires as nothing, a sent one whole and marked', () => {
    expect(expire(held, 2)).toMatchObject({
      next: { status: 'expired', booked: null, isEstimated: false, resolvedAtMs: 2 },
      moves: { tokens: { used: 0n, held: -100n, overrun: 0n }, calls: { used: 0n, held: -1n, overrun: 0n } },
    });
    expect(expire(sent, 2)).toMatchObject({
      next: { status: 'expired', booked: hold, isEstimated: true },
      moves: { tokens: { used: 100n, held: -100n, overrun: 0n }, calls: { used: 1n, held: -1n, overrun: 0n } },
    });
  });

  it('a unit that a settlement does not name is booked as it was held, and one that was not held is overrun', () => {
    const change = settle(held, { nanoUsd: 7n }, NOW_MS);
    expect(change).toMatchObject({
      next: { booked: { tokens: 100n, calls: 1n, nanoUsd: 7n }, overrun: { nanoUsd: 7n }, isEstimated: false },
      moves: { nanoUsd: { used: 7n, held: 0n, overrun: 7n }, calls: { used: 1n, held: -1n, overrun: 0n } },
    });
    expect((change as { next: Reservation }).next.overrun).toEqual({ nanoUsd: 7n });
  });

  it('a hold is due from the moment on at which it ends, and what is over never', () => {
    expect([1_999_999, 2_000_000, 2_000_001].map((nowMs) => isDue(held, nowMs))).toEqual([false, true, true]);
    expect(isDue(states.settled, 9_000_000)).toBe(false);
  });
});

/** What a reservation adds to the counters of its scopes. */
function contribution({ status, amounts, booked, overrun }: Reservation) {
  const isHeld = status === 'held' || status === 'sent';
  return units.map((unit) => ({
    used: booked?.[unit] ?? 0n,
    held: isHeld ? (amounts[unit] ?? 0n) : 0n,
    overrun: overrun[unit] ?? 0n,
  }));
}

it('counters move by exactly the difference, whatever is said in whatever order', () => {
  const amount = fc.bigInt({ min: 0n, max: 20n });
  const amounts: fc.Arbitrary<Amounts> = fc.record(
    { tokens: amount, nanoUsd: amount, calls: amount },
    { requiredKeys: [] },
  );
  const step = fc.oneof(
    fc.constant(send),
    fc.constant((before: Reservation) => extend(before, 9)),
    fc.constant((before: Reservation) => (isActive(before) ? expire(before, NOW_MS) : { next: before, moves: {} })),
    fc.boolean().map((isNotBilled) => (before: Reservation) => release(before, isNotBilled, NOW_MS)),
    amounts.map((actual) => (before: Reservation) => settle(before, actual, NOW_MS)),
  );
  const property = fc.property(amounts, fc.array(step, { maxLength: 8 }), (reserved, steps) => {
    let reservation: Reservation = { ...held, amounts: reserved };
    for (const apply of steps) {
      const change = apply(reservation, NOW_MS);
      if ('problem' in change) continue;
      const [before, after] = [contribution(reservation), contribution(change.next)];
      units.forEach((unit, index) => {
        const { used = 0n, held: freed = 0n, overrun = 0n } = change.moves[unit] ?? {};
        expect([used, freed, overrun]).toEqual([
          (after[index]?.used ?? 0n) - (before[index]?.used ?? 0n),
          (after[index]?.held ?? 0n) - (before[index]?.held ?? 0n),
          (after[index]?.overrun ?? 0n) - (before[index]?.overrun ?? 0n),
        ]);
      });
      // Nothing is ever owed: no part of it goes below zero, and no overrun beyond what is used.
      for (const { used, held: still, overrun } of after) {
        expect(used >= 0n && still >= 0n && overrun >= 0n && overrun <= used).toBe(true);
      }
      reservation = change.next;
    }
  });
  fc.assert(property, { numRuns: 500 });
});
