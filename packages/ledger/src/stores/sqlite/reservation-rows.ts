import type { Database, Statement } from 'better-sqlite3';
import { type Amounts, type Unit, units } from '../../amounts.js';
import type { Reservation, ReservationStatus } from '../../reservation.js';
import { isActive } from '../../reservation-change.js';
import type { Scope } from '../../scope.js';

/** Columns are snake_case; a unit's amounts stand in `held_…`, `booked_…` and `overrun_…`. */
const unitColumns: Readonly<Record<Unit, string>> = { tokens: 'tokens', nanoUsd: 'nano_usd', calls: 'calls' };

/** In the order of `reservationColumns`: arrays are read much faster than objects. */
export type ReservationRow = readonly (bigint | string | null)[];

const amountKinds = ['held', 'booked', 'overrun'] as const;
const plainColumns = ['id', 'status', 'asked_scopes', 'scopes', 'reserved_at_ms', 'expires_at_ms'];
plainColumns.push('sent_at_ms', 'resolved_at_ms', 'estimated_after');

/** For a statement in raw mode. */
export const reservationColumns = [
  ...plainColumns,
  ...amountKinds.flatMap((kind) => units.map((unit) => `${kind}_${unitColumns[unit]}`)),
].join(', ');

export interface StoredReservation {
  readonly reservation: Reservation;
  /** Without ancestors, as JSON: tells a repeated request from another one. */
  readonly askedScopes: string;
  /** How many resets there had been when its estimate was booked; `null` where nothing is estimated. */
  readonly estimatedAfter: bigint | null;
}

/** The table of reservations. Every statement runs inside the caller's transaction. */
export class ReservationRows {
  readonly #byId: Statement;
  readonly #nextExpiry: Statement;
  readonly #due: Statement;
  readonly #oldest: Statement;
  readonly #oldestOver: Statement;
  readonly #remove: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;

  constructor(database: Database) {
    const select = (condition: string) =>
      database.prepare(`SELECT ${reservationColumns} FROM reservations ${condition}`).raw();
    this.#byId = select('WHERE id = ?');
    this.#due = select(`WHERE status IN ('held', 'sent') AND expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?`);
    this.#nextExpiry = database
      .prepare(`SELECT min(expires_at_ms) FROM reservations WHERE status IN ('held', 'sent')`)
      .pluck()
      .safeIntegers(false);
    this.#oldest = select('ORDER BY seq LIMIT ?');
    this.#oldestOver = select(`WHERE status NOT IN ('held', 'sent') ORDER BY seq LIMIT ?`);
    this.#remove = database.prepare('DELETE FROM reservations WHERE id = ?');
    const changing = ['status', 'expires_at_ms', 'sent_at_ms', 'resolved_at_ms', 'estimated_after'];
    for (const kind of ['booked', 'overrun']) changing.push(...units.map((unit) => `${kind}_${unitColumns[unit]}`));
    this.#insert = database.prepare(
      `INSERT INTO reservations (id, asked_scopes, scopes, reserved_at_ms, status, expires_at_ms, sent_at_ms, held_tokens, held_nano_usd, held_calls)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#update = database.prepare(
      `UPDATE reservations SET ${changing.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`,
    );
  }

  find(id: string): StoredReservation | null {
    const row = this.#byId.get(id) as ReservationRow | undefined;
    return row === undefined ? null : stored(row);
  }

  /** Oldest first. */
  due(nowMs: number, max: number): Reservation[] {
    const nextMs = this.#nextExpiry.get() as number | null;
    if (nextMs === null || nextMs > nowMs) return [];
    return (this.#due.all(nowMs, max) as ReservationRow[]).map(reservationOf);
  }

  /** In the order in which they were made. */
  oldest(max: number): Reservation[] {
    return (this.#oldest.all(max) as ReservationRow[]).map(reservationOf);
  }

  /** Of those that are neither held nor sent. */
  oldestOver(max: number): Reservation[] {
    return (this.#oldestOver.all(max) as ReservationRow[]).map(reservationOf);
  }

  /** Of one that is held; what was booked right away is told by an `update` after it. */
  insert(reservation: Reservation, askedScopes: string): void {
    const { id, scopes, reservedAtMs, status, expiresAtMs, sentAtMs, amounts } = reservation;
    const held = units.map((unit) => amounts[unit] ?? null);
    this.#insert.run(id, askedScopes, JSON.stringify(scopes), reservedAtMs, status, expiresAtMs, sentAtMs, ...held);
  }

  /** `resets`: how many there were until now, where it is booked as an estimate. */
  update(reservation: Reservation, resets: bigint | null = null): void {
    const { id, status, expiresAtMs, sentAtMs, resolvedAtMs, booked, overrun } = reservation;
    const bookedAmounts = units.map((unit) => booked?.[unit] ?? null);
    const overrunAmounts = units.map((unit) => overrun[unit] ?? null);
    const times = [expiresAtMs, sentAtMs, resolvedAtMs];
    this.#update.run(status, ...times, resets, ...bookedAmounts, ...overrunAmounts, id);
  }

  remove(id: string): void {
    this.#remove.run(id);
  }
}

/** What a reservation holds now. */
export function heldIn(reservation: Reservation, unit: Unit): bigint {
  return isActive(reservation) ? (reservation.amounts[unit] ?? 0n) : 0n;
}

function stored(row: ReservationRow): StoredReservation {
  const [askedScopes, estimatedAfter] = [row[2] as string, row[8] as bigint | null];
  return { reservation: reservationOf(row), askedScopes, estimatedAfter };
}

export function reservationOf(row: ReservationRow): Reservation {
  const [id, status, , scopes, reservedAtMs, expiresAtMs, sentAtMs, resolvedAtMs, estimatedAfter] = row;
  const isEstimated = estimatedAfter !== null;
  const isBooked = status === 'settled' || isEstimated;
  return {
    id: id as string,
    status: status as ReservationStatus,
    scopes: JSON.parse(scopes as string) as Scope[],
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

function timeOrNull(value: ReservationRow[number] | undefined): number | null {
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
