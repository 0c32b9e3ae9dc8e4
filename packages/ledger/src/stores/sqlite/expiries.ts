import type { Database, Statement } from 'better-sqlite3';
import type { Reservation } from '../../reservation.js';
import { isActive } from '../../reservation-change.js';
import type { ReservationRow } from '../reservation-columns.js';
import { type Kept, keptIn, reservationList } from './reservation-rows.js';

/** A hold that lasts no longer is entered when it is made, any other at the latest after so long. */
const UNENTERED_MS = 15_000;
/** More rows would hold the event loop for too long while they are looked through. */
const UNENTERED_ROWS = 4000;

/**
 * When holds end by themselves. Most are settled within seconds: to enter each and to take it out again would be two of the
 * seven pages that are written for it. So a hold is entered when it has lasted for a while: whoever looks for what is due
 * goes through the reservations that were made since somebody did so last, if that was `UNENTERED_MS` ago, or later than
 * now, by a clock that was set back. So no hold is due before it is entered.
 *
 * Every statement runs inside the caller's transaction.
 */
export class Expiries {
  readonly #look: Statement;
  readonly #due: Statement;
  readonly #enter: Statement;
  readonly #remove: Statement;
  readonly #enterUnentered: Statement;
  readonly #remember: Statement;

  constructor(database: Database) {
    this.#look = database
      .prepare(
        `SELECT EXISTS (SELECT 1 FROM reservations WHERE id = ?), (SELECT min(at_ms) FROM expiries), entered_at_ms,
           (SELECT ifnull(max(seq), 0) FROM reservations) - entered_seq FROM state`,
      )
      .raw()
      .safeIntegers(false);
    this.#due = database
      .prepare(
        `SELECT ${reservationList} FROM expiries JOIN reservations USING (seq)
         WHERE at_ms <= ? AND status IN ('held', 'sent') ORDER BY at_ms, seq LIMIT ?`,
      )
      .raw();
    this.#enter = database.prepare('INSERT INTO expiries VALUES (?, ?)');
    this.#remove = database.prepare('DELETE FROM expiries WHERE at_ms = ? AND seq = ?');
    // Some are entered: those that do not last long, and those that were extended.
    this.#enterUnentered = database.prepare(
      `INSERT OR IGNORE INTO expiries SELECT expires_at_ms, seq FROM reservations
       WHERE seq > (SELECT entered_seq FROM state) AND status IN ('held', 'sent')`,
    );
    this.#remember = database.prepare(
      'UPDATE state SET entered_seq = (SELECT ifnull(max(seq), 0) FROM reservations), entered_at_ms = ?',
    );
  }

  /** Whether the id is known, and whether there are holds whose time is over: what nearly always is neither, in one look. */
  look(id: string | null, nowMs: number): { readonly isKnown: boolean; readonly hasDue: boolean } {
    const [isKnown, nextMs, enteredAtMs, rows] = this.#lookOnce(id);
    const isLongAgo = nowMs - enteredAtMs >= UNENTERED_MS || rows >= UNENTERED_ROWS;
    // Rows that were removed may have been the last ones; their numbers are then given to others.
    if ((isLongAgo && rows !== 0) || rows < 0 || nowMs < enteredAtMs) {
      this.enterAll(nowMs);
      return this.look(id, nowMs);
    }
    return { isKnown: isKnown === 1, hasDue: nextMs !== null && nextMs <= nowMs };
  }

  /** Those that end first come first. */
  due(nowMs: number, max: number): Kept[] {
    if (!this.look(null, nowMs).hasDue) return [];
    return (this.#due.all(nowMs, max) as ReservationRow[]).map(keptIn);
  }

  /** `seq`: its new row. */
  added(seq: bigint, { reservedAtMs, expiresAtMs }: Reservation): void {
    if (expiresAtMs - reservedAtMs <= UNENTERED_MS) this.#enter.run(expiresAtMs, seq);
  }

  changed(seq: bigint, before: Reservation, next: Reservation): void {
    if (isActive(before) && isActive(next) && before.expiresAtMs === next.expiresAtMs) return;
    if (isActive(before)) this.#remove.run(before.expiresAtMs, seq);
    if (isActive(next)) this.#enter.run(next.expiresAtMs, seq);
  }

  /** Every hold there is. */
  enterAll(nowMs: number): void {
    this.#enterUnentered.run();
    this.#remember.run(nowMs);
  }

  #lookOnce(id: string | null) {
    return this.#look.get(id) as [isKnown: number, nextMs: number | null, enteredAtMs: number, rows: number];
  }
}
