import { units } from '../../amounts.js';
import type { Reservation } from '../../reservation.js';
import type { Counters } from './counters.js';
import type { ReservationRows } from './reservation-rows.js';
import type { ScopeRows } from './scope-rows.js';
import type { SteadyTime } from './steady-time.js';

/** A reservation makes one row and removes up to two, so that old ones vanish without ever taking a while. */
const FORGOTTEN_AT_ONCE = 2;

export interface RetentionOf {
  readonly counters: Counters;
  readonly rows: ReservationRows;
  readonly scopes: ScopeRows;
  readonly time: SteadyTime;
}

/** Forgets reservations that are over, and counters of windows that ended, a few with every new reservation. */
export class Retention {
  readonly #of: RetentionOf;
  readonly #keptMs: number;
  /** No kept reservation is older, as far as was looked: nothing needs to be forgotten before its time is over. */
  #oldestAtMs = 0;

  constructor(of: RetentionOf, keptMs: number) {
    this.#of = of;
    this.#keptMs = keptMs;
  }

  /** `expireDue`: ends holds whose time is over, at most as many as it is told. */
  forgetOld(nowMs: number, expireDue: (nowMs: number, max: number) => void): void {
    const { counters, rows, time } = this.#of;
    if (!time.isSteady(nowMs)) return;
    const beforeMs = nowMs - this.#keptMs;
    const made = counters.takeMadeOfWindows();
    // As many as were made, and some: a reservation may make counters of many limits.
    if (made > 0) counters.removeEnded(beforeMs, made + FORGOTTEN_AT_ONCE);
    if (!this.#isFar(this.#oldestAtMs, nowMs)) return;
    const oldest = rows.oldest(FORGOTTEN_AT_ONCE);
    this.#oldestAtMs = Math.min(...oldest.map(({ reservedAtMs }) => reservedAtMs));
    if (!this.#isFar(this.#oldestAtMs, nowMs)) return;
    // Two that nobody ended, or that are held for ever, must not keep all that came after them.
    expireDue(nowMs, FORGOTTEN_AT_ONCE);
    for (const reservation of rows.oldestOver(FORGOTTEN_AT_ONCE)) {
      if (this.#isFar(reservation.reservedAtMs, nowMs)) this.#forget(reservation);
    }
    counters.removeEnded(beforeMs, FORGOTTEN_AT_ONCE);
  }

  /** Also of a time that is not near for long: a clock was wrong, and what it left must not keep all that came after it. */
  #isFar(atMs: number, nowMs: number): boolean {
    return Math.abs(nowMs - atMs) > this.#keptMs;
  }

  #forget({ id, scopes, reservedAtMs, booked, overrun }: Reservation): void {
    const { counters, rows, scopes: scopeRows } = this.#of;
    for (const scope of scopes) {
      for (const unit of units) {
        const used = booked?.[unit] ?? 0n;
        if (used !== 0n) counters.forget(scope, unit, reservedAtMs, used, overrun[unit] ?? 0n);
      }
    }
    rows.remove(id);
    // Counters of nothing, and the scope itself where nothing is left of it.
    for (const scope of scopes) if (counters.removeEmpty(scope)) scopeRows.removeUnused(scope);
  }
}
