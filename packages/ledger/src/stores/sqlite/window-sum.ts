import type { Database, Statement } from 'better-sqlite3';
import type { Unit } from '../../amounts.js';
import type { Move } from '../../reservation-change.js';
import type { Scope } from '../../scope.js';
import { heldIn, type ReservationRow } from '../reservation-columns.js';
import type { WindowBounds } from './counters.js';
import { reservationList, reservationOf } from './reservation-rows.js';

/** A few milliseconds of looking. */
const ROWS_A_SLICE = 5000;
/** Rows stand in the order in which they were made, but for clocks that were set, and processes that wrote in turns. */
const MAX_DISORDER_MS = 86_400_000;

/** Adds up what the kept reservations of a window used and hold on one scope: for a counter that was not there before. */
export class WindowSum {
  readonly #lastSeq: Statement;
  readonly #latestIn: Statement;
  readonly #ofScope: Statement;

  constructor(database: Database) {
    const slice = 'seq > ? AND seq <= ?';
    this.#lastSeq = database.prepare('SELECT max(seq) FROM reservations').pluck().safeIntegers(false);
    this.#latestIn = database.prepare(`SELECT max(reserved_at_ms) FROM reservations WHERE ${slice}`).pluck();
    // The text of the scope as it stands in the JSON is found quickly; whether it is the whole of one is seen after that.
    this.#ofScope = database
      .prepare(
        `SELECT ${reservationList} FROM reservations
         WHERE ${slice} AND reserved_at_ms >= ? AND reserved_at_ms < ? AND instr(scopes, ?)`,
      )
      .raw();
  }

  sum(scope: Scope, unit: Unit, span: WindowBounds): Move {
    const slices = this.slices(scope, unit, span);
    for (;;) {
      const { done, value } = slices.next();
      if (done === true) return value;
    }
  }

  /** The same in steps, newest first, so that whoever has the time may give others theirs. */
  *slices(scope: Scope, unit: Unit, { startsAtMs, endsAtMs }: WindowBounds): Generator<undefined, Move> {
    const sum = { used: 0n, held: 0n, overrun: 0n };
    const lastSeq = (this.#lastSeq.get() as number | null) ?? 0;
    for (let to = lastSeq; to > 0; to -= ROWS_A_SLICE) {
      const slice = [to - ROWS_A_SLICE, to];
      const latestMs = this.#latestIn.get(...slice) as bigint | null;
      if (latestMs !== null && latestMs < startsAtMs - MAX_DISORDER_MS) break;
      const rows = this.#ofScope.all(...slice, startsAtMs, endsAtMs, JSON.stringify(scope)) as ReservationRow[];
      for (const reservation of rows.map(reservationOf)) {
        if (!reservation.scopes.includes(scope)) continue;
        sum.used += reservation.booked?.[unit] ?? 0n;
        sum.held += heldIn(reservation, unit);
        sum.overrun += reservation.overrun[unit] ?? 0n;
      }
      yield;
    }
    return sum;
  }
}
