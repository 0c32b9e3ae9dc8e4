import type { Database, Statement } from 'better-sqlite3';
import { units } from '../../amounts.js';
import type { Reservation } from '../../reservation.js';
import type { Scope } from '../../scope.js';
import {
  type ReservationRow,
  reservationColumns,
  reservationIn,
  type StoredReservation,
  storedReservation,
  unitColumns,
} from '../reservation-columns.js';

/** What a statement in raw mode selects, for `reservationOf`. */
export const reservationList = reservationColumns.join(', ');

/** The table of reservations. Every statement runs inside the caller's transaction. */
export class ReservationRows {
  readonly #byId: Statement;
  readonly #look: Statement;
  readonly #nextExpiry: Statement;
  readonly #due: Statement;
  readonly #oldest: Statement;
  readonly #oldestOver: Statement;
  readonly #remove: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;

  constructor(database: Database) {
    const select = (condition: string) =>
      database.prepare(`SELECT ${reservationList} FROM reservations ${condition}`).raw();
    this.#byId = select('WHERE id = ?');
    this.#due = select(`WHERE status IN ('held', 'sent') AND expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?`);
    const nextExpiry = `SELECT min(expires_at_ms) FROM reservations WHERE status IN ('held', 'sent')`;
    this.#nextExpiry = database.prepare(nextExpiry).pluck().safeIntegers(false);
    this.#look = database
      .prepare(`SELECT (${nextExpiry}), EXISTS (SELECT 1 FROM reservations WHERE id = ?)`)
      .raw()
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

  /** Whether the id is known, and whether there are holds whose time is over: what nearly always is neither, in one look. */
  look(id: string, nowMs: number): { readonly isKnown: boolean; readonly hasDue: boolean } {
    const [nextMs, isKnown] = this.#look.get(id) as [nextMs: number | null, isKnown: number];
    return { isKnown: isKnown === 1, hasDue: nextMs !== null && nextMs <= nowMs };
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

function stored(row: ReservationRow): StoredReservation {
  return storedReservation(row, scopesOf);
}

export function reservationOf(row: ReservationRow): Reservation {
  return reservationIn(row, scopesOf);
}

function scopesOf(json: unknown): Scope[] {
  return JSON.parse(json as string) as Scope[];
}
