import { type Amounts, type Unit, units } from './amounts.js';
import type { Reservation } from './reservation.js';

/** What a verb makes of a reservation, and by how much it moves every counter of each unit; or why it cannot be. */
export type Change = { readonly next: Reservation; readonly moves: Moves } | { readonly problem: ChangeProblem };

/**
 * - `already_settled`: with other amounts, or settled and then released.
 * - `already_sent`: released without proof that nothing was billed.
 * - `not_held`: the hold is gone, so nothing may be sent on it, and there is nothing to extend.
 */
export type ChangeProblem = 'already_settled' | 'already_sent' | 'not_held';

export type Moves = Readonly<Partial<Record<Unit, Move>>>;

/** Added to the counters; may be negative. */
export interface Move {
  readonly used: bigint;
  readonly held: bigint;
  readonly overrun: bigint;
}

const noMoves: Moves = {};

export function isActive({ status }: Reservation): boolean {
  return status === 'held' || status === 'sent';
}

/** Nothing was ever held for it. */
export function isBooking({ amounts }: Reservation): boolean {
  return Object.keys(amounts).length === 0;
}

/** A hold whose time is over by the store's clock, though nobody has ended it yet. */
export function isDue(reservation: Reservation, nowMs: number): boolean {
  return isActive(reservation) && reservation.expiresAtMs <= nowMs;
}

export function send(reservation: Reservation, nowMs: number): Change {
  if (reservation.status === 'held')
    return { next: { ...reservation, status: 'sent', sentAtMs: nowMs }, moves: noMoves };
  // Said again, also after it was settled: a retry that came late.
  if (reservation.status === 'sent' || reservation.status === 'settled') return { next: reservation, moves: noMoves };
  return { problem: 'not_held' };
}

export function extend(reservation: Reservation, expiresAtMs: number): Change {
  if (!isActive(reservation)) return { problem: 'not_held' };
  return { next: { ...reservation, expiresAtMs }, moves: noMoves };
}

/**
 * Books the actual amounts. A unit that is not named is booked as it was held, so that nobody's silence frees it. After a
 * release, or after a hold expired unsent, everything is overrun; after it expired sent, the estimate is corrected.
 */
export function settle(reservation: Reservation, actual: Amounts, nowMs: number): Change {
  const held = reservation.status === 'released' || hasExpiredUnsent(reservation) ? {} : reservation.amounts;
  // Of a booking nothing was held: a unit that is not named is as it was booked.
  const unnamed = isBooking(reservation) ? reservation.booked : reservation.amounts;
  const booked: Amounts = { ...unnamed, ...actual };
  if (reservation.status === 'settled') {
    return isSame(booked, reservation.booked ?? {})
      ? { next: reservation, moves: noMoves }
      : { problem: 'already_settled' };
  }
  return resolved(reservation, {
    status: 'settled',
    resolvedAtMs: nowMs,
    booked,
    overrun: excess(booked, held),
    isEstimated: false,
  });
}

/** `isNotBilled`: the caller has proof, where the request was already sent. */
export function release(reservation: Reservation, isNotBilled: boolean, nowMs: number): Change {
  if (reservation.status === 'settled') return { problem: 'already_settled' };
  if (reservation.status === 'released' || hasExpiredUnsent(reservation)) return { next: reservation, moves: noMoves };
  if (reservation.sentAtMs !== null && !isNotBilled) return { problem: 'already_sent' };
  return resolved(reservation, {
    status: 'released',
    resolvedAtMs: nowMs,
    booked: null,
    overrun: {},
    isEstimated: false,
  });
}

/** An unsent hold is freed, a sent one booked whole: the call may have been billed. */
export function expire(reservation: Reservation, nowMs: number): { next: Reservation; moves: Moves } {
  const booked = reservation.status === 'sent' ? reservation.amounts : null;
  const isEstimated = booked !== null;
  return resolved(reservation, { status: 'expired', resolvedAtMs: nowMs, booked, overrun: {}, isEstimated });
}

function hasExpiredUnsent({ status, sentAtMs }: Reservation): boolean {
  return status === 'expired' && sentAtMs === null;
}

function resolved(before: Reservation, changes: Partial<Reservation>): { next: Reservation; moves: Moves } {
  const next = { ...before, ...changes };
  const moves: Partial<Record<Unit, Move>> = {};
  for (const unit of units) {
    const move = {
      used: (next.booked?.[unit] ?? 0n) - (before.booked?.[unit] ?? 0n),
      held: isActive(before) ? -(before.amounts[unit] ?? 0n) : 0n,
      overrun: (next.overrun[unit] ?? 0n) - (before.overrun[unit] ?? 0n),
    };
    if (move.used !== 0n || move.held !== 0n || move.overrun !== 0n) moves[unit] = move;
  }
  return { next, moves };
}

function excess(booked: Amounts, held: Amounts): Amounts {
  const overrun: Partial<Record<Unit, bigint>> = {};
  for (const unit of units) {
    const beyond = (booked[unit] ?? 0n) - (held[unit] ?? 0n);
    if (beyond > 0n) overrun[unit] = beyond;
  }
  return overrun;
}

/** A unit that is not named is the same as none of it. */
export function isSame(first: Amounts, second: Amounts): boolean {
  return units.every((unit) => (first[unit] ?? 0n) === (second[unit] ?? 0n));
}
