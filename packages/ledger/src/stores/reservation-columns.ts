import { type Amounts, type Unit, units } from '../amounts.js';
import type { Reservation, ReservationStatus } from '../reservation.js';
import { isActive } from '../reservation-change.js';
import type { Scope } from '../scope.js';

/** Columns are snake_case; a unit's amounts stand in `held_…`, `booked_…` and `overrun_…`. */
export const unitColumns: Readonly<Record<Unit, string>> = { tokens: 'tokens', nanoUsd: 'nano_usd', calls: 'calls' };

/** Integers are bigints, whatever they count. */
export type ReservationColumns = Readonly<Record<string, unknown>>;

/** What a reservation holds now. */
export function heldIn(reservation: Reservation, unit: Unit): bigint {
  return isActive(reservation) ? (reservation.amounts[unit] ?? 0n) : 0n;
}

/** `scopes`: how a store keeps a list is its own affair. */
export function reservationIn(row: ReservationColumns, scopes: readonly Scope[]): Reservation {
  const isEstimated = row['estimated_after'] !== null;
  const isBooked = row['status'] === 'settled' || isEstimated;
  return {
    id: row['id'] as string,
    status: row['status'] as ReservationStatus,
    scopes,
    amounts: amountsIn(row, 'held'),
    reservedAtMs: Number(row['reserved_at_ms']),
    expiresAtMs: Number(row['expires_at_ms']),
    sentAtMs: timeOrNull(row['sent_at_ms']),
    resolvedAtMs: timeOrNull(row['resolved_at_ms']),
    booked: isBooked ? amountsIn(row, 'booked') : null,
    overrun: amountsIn(row, 'overrun'),
    isEstimated,
  };
}

function timeOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

function amountsIn(row: ReservationColumns, kind: 'held' | 'booked' | 'overrun'): Amounts {
  const amounts: Partial<Record<Unit, bigint>> = {};
  for (const unit of units) {
    const amount = row[`${kind}_${unitColumns[unit]}`];
    if (typeof amount === 'bigint') amounts[unit] = amount;
  }
  return amounts;
}
