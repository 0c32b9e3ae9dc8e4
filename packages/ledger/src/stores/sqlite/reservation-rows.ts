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

/** What a statement in raw mode selects, for `reservationOf` and `keptIn`. */
export const reservationList = [...reservationColumns, 'seq'].join(', ');

/** A reservation, and the row that it is. */
export interface Kept extends StoredReservation {
  readonly seq: bigint;
}

/** The table of reservations. Every statement runs inside the caller's transaction. */
export class ReservationRows {
  readonly #byId: Statement;
  readonly #oldest: Statement;
  readonly #oldestOver: Statement;
  readonly #remove: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;

  constructor(database: Database) {
    const select = (condition: string) =>
      database.prepare(`SELECT ${reservationList} FROM reservations ${condition}`).raw();
    this.#byId = select('WHERE id = ?');
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
      `UPDATE reservations SET ${changing.map((name) => `${name} = ?`).join(', ')} WHERE seq = ?`,
    );
  }

  find(id: string): Kept | null {
    const row = this.#byId.get(id) as ReservationRow | undefined;
    return row === undefined ? null : keptIn(row);
  }

  /** In the order in which they were made. */
  oldest(max: number): Reservation[] {
    return (this.#oldest.all(max) as ReservationRow[]).map(reservationOf);
  }

  /** Of those that are neither held nor sent. */
  oldestOver(max: number): Reservation[] {
    return (this.#oldestOver.all(max) as ReservationRow[]).map(reservationOf);
  }

  /** Of one that is held; what was booked right away is told by an `update` after it. Says which row it is. */
  insert(reservation: Reservation, askedScopes: string): bigint {
    const { id, scopes, reservedAtMs, status, expiresAtMs, sentAtMs, amounts } = reservation;
    const held = units.map((unit) => amounts[unit] ?? null);
    const values = [id, askedScopes, JSON.stringify(scopes), reservedAtMs, status, expiresAtMs, sentAtMs];
    return this.#insert.run(...values, ...held).lastInsertRowid as bigint;
  }

  /** `resets`: how many there were until now, where it is booked as an estimate. */
  update(seq: bigint, reservation: Reservation, resets: bigint | null = null): void {
    const { status, expiresAtMs, sentAtMs, resolvedAtMs, booked, overrun } = reservation;
    const bookedAmounts = units.map((unit) => booked?.[unit] ?? null);
    const overrunAmounts = units.map((unit) => overrun[unit] ?? null);
    const times = [expiresAtMs, sentAtMs, resolvedAtMs];
    this.#update.run(status, ...times, resets, ...bookedAmounts, ...overrunAmounts, seq);
  }

  remove(id: string): void {
    this.#remove.run(id);
  }
}

export function keptIn(row: ReservationRow): Kept {
  const { reservation, askedScopes, estimatedAfter } = storedReservation(row, scopesOf);
  return { reservation, askedScopes, estimatedAfter, seq: row.at(-1) as bigint };
}

export function reservationOf(row: ReservationRow): Reservation {
  return reservationIn(row, scopesOf);
}

function scopesOf(json: unknown): Scope[] {
  return JSON.parse(json as string) as Scope[];
}
