import { type Unit, units } from '../../amounts.js';
import type { Reservation } from '../../reservation.js';
import { expire, isDue, type Move, type Moves } from '../../reservation-change.js';
import type { ThresholdCrossing } from '../../threshold-crossing.js';
import type { StoredReservation } from '../reservation-columns.js';
import type { LockedScopes } from './locked-scopes.js';
import { updateReservation } from './reservation-rows.js';
import type { Transaction } from './transaction.js';

/** What becomes of a reservation whose row and whose scopes are locked. Resolves to the thresholds that are reached. */
export async function storeChange(
  transaction: Transaction,
  locked: LockedScopes,
  before: Reservation,
  { next, moves, estimatedAfter = null }: { next: Reservation; moves: Moves; estimatedAfter?: bigint | null },
): Promise<ThresholdCrossing[]> {
  // In this order: a counter that is made for the move adds up the reservations as they were before it.
  const crossings = await moveCounters(locked, before, moves, estimatedAfter);
  updateReservation(transaction, next, next.isEstimated ? locked.resets : null);
  return crossings;
}

/** The server's clock decides, not whether somebody has looked since. */
export async function afterExpiry(
  transaction: Transaction,
  locked: LockedScopes,
  { reservation }: StoredReservation,
): Promise<{ readonly reservation: Reservation; readonly crossings: ThresholdCrossing[] }> {
  if (!isDue(reservation, locked.nowMs)) return { reservation, crossings: [] };
  const change = expire(reservation, locked.nowMs);
  return { reservation: change.next, crossings: await storeChange(transaction, locked, reservation, change) };
}

/** Moves the counters of the moment in which the reservation was made. */
export async function moveCounters(
  locked: LockedScopes,
  { scopes, amounts, reservedAtMs }: Reservation,
  moves: Moves,
  estimatedAfter: bigint | null = null,
): Promise<ThresholdCrossing[]> {
  const { counters, nowMs } = locked;
  const crossings: ThresholdCrossing[] = [];
  for (const scope of scopes) {
    for (const unit of units) {
      const move = moves[unit];
      if (move === undefined) continue;
      const moveThem = () =>
        estimatedAfter !== null && move.used < 0n
          ? counters.correct(scope, unit, reservedAtMs, move.used, estimatedAfter)
          : counters.move(scope, unit, reservedAtMs, move);
      // What was not reserved may not have been counted before.
      if (amounts[unit] === undefined) await counters.ensureAt(scope, unit, reservedAtMs, nowMs);
      if (!moveThem()) {
        // The scope was removed since the reservation was made.
        await counters.ensureAt(scope, unit, reservedAtMs, nowMs);
        moveThem();
      }
      if (move.used <= 0n) continue;
      // Nobody is told of a window that is over.
      const current = counters.at(scope, unit, reservedAtMs).filter(({ endsAtMs }) => endsAtMs > nowMs);
      for (const counter of current) crossings.push(...counters.cross(counter));
    }
  }
  return crossings;
}

/** Of what is booked without a hold. */
export function bookingMoves(amounts: Reservation['amounts']): Moves {
  const moves: Partial<Record<Unit, Move>> = {};
  for (const unit of units) {
    const amount = amounts[unit];
    if (amount !== undefined) moves[unit] = { used: amount, held: 0n, overrun: amount };
  }
  return moves;
}
