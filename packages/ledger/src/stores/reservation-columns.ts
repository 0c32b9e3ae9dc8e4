import { type Amounts, type Unit, units } from '../amounts.js';
import type { Reservation, ReservationStatus } from '../reservation.js';
import { isActive } from '../reservation-change.js';
import type { Scope } from '../scope.js';

/** Columns are snake_case; a unit's amounts stand in `held_…`, `booked_…` and `overrun_…`. */
export const unitColumns: Readonly<Record<Unit, string>> = { tokens: 'tokens', nanoUsd: 'nano_usd', calls: 'calls' };

const amountKinds = ['held', 'booked', 'overrun'] as const;
const plainColumns = [
  ...['id', 'status', 'asked_scopes', 'scopes', 'reserved_at_ms', 'expires_at_ms'],
  ...['sent_at_ms', 'resolved_at_ms', 'estimated_after'],
];

/** In the order in which `reservationIn` takes their values: drivers give arrays much faster than objects. */
export const reservationColumns: readonly string[] = [
  ...plainColumns,
  ...amountKinds.flatMap((kind) => units.map((unit) => `${kind}_${unitColumns[unit]}`)),
];

/** The values of `reservationColumns`. Integers are bigints, whatever they count. */
export type ReservationRow = readonly unknown[];

export interface StoredReservation {
  readonly reservation: Reservation;
  /** Without ancestors, as JSON: tells a repeated request from another one. */
  readonly askedScopes: string;
  /** How many resets there had been when its estimate was booked; `null` where nothing is estimated. */
  readonly estimatedAfter: bigint | null;
}

/** What a reservation holds now. */
export function heldIn(reservation: Reservation, unit: Unit): bigint {
  return isActive(reservation) ? (reservation.amounts[unit] ?? 0n) : 0n;
}

/** `scopesOf`: how a store keeps a list is its own affair. */
export function storedReservation(
  row: ReservationRow,
  scopesOf: (value: unknown) => readonly Scope[],
): StoredReservation {
  const [askedScopes, estimatedAfter] = [row[2] as string, row[8] as bigint | null];
  return { reservation: reservationIn(row, scopesOf), askedScopes, estimatedAfter };
}

export function reservationIn(row: ReservationRow, scopesOf: (value: unknown) => readonly Scope[]): Reservation {
  const [id, status, , scopes, reservedAtMs, expiresAtMs, sentAtMs, resolvedAtMs, estimatedAfter] = row;
  const isEstimated = estimatedAfter !== null;
  const isBooked = status === 'settled' || isEstimated;
  return {
    id: id as string,
    status: status as ReservationStatus,
    scopes: scopesOf(scopes),
    amounts: amountsIn(row, 'held'),
    reservedAtMs: Number(reservedAtMs),
    expiresAtMs: Number(expiresAtMs),
    sentAtMs: timeOrNull(sentAtMs),
    resolvedAtMs: timeOrNull(resolvedAtMs),
    booked: isBooked ? amountsIn(row, 'booked') : null,
    overrun: amountsIn(row, 'overrun'),
    isEstimated,
  };
}

function timeOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

function amountsIn(row: ReservationRow, kind: (typeof amountKinds)[number]): Amounts {
  const amounts: Partial<Record<Unit, bigint>> = {};
  const first = plainColumns.length + amountKinds.indexOf(kind) * units.length;
  for (const [index, unit] of units.entries()) {
    const amount = row[first + index];
    if (typeof amount === 'bigint') amounts[unit] = amount;
  }
  return amounts;
}
