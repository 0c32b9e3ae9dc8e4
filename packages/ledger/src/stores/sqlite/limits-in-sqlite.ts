import type { Database } from 'better-sqlite3';
import { hasRoom, refusalOf } from '../../admission.js';
import { type Amounts, type Unit, units } from '../../amounts.js';
import type { Limit, LimitKey } from '../../limit.js';
import type { Refusal, Reservation } from '../../reservation.js';
import {
  type Change,
  expire,
  extend,
  isBooking,
  isDue,
  isSame,
  type Move,
  type Moves,
  release,
  send,
  settle,
} from '../../reservation-change.js';
import type { Scope } from '../../scope.js';
import type { BookRequest, ChangeResult, Crossings, ReserveRequest, ReserveResult } from '../../store.js';
import { stillCrossed, type ThresholdCrossing } from '../../threshold-crossing.js';
import { isSameWindow, resetOf, windowColumns } from '../window-columns.js';
import type { Counter } from './counter-row.js';
import { Counters, type Room } from './counters.js';
import { Expiries } from './expiries.js';
import { type Kept, ReservationRows } from './reservation-rows.js';
import { Retention } from './retention.js';
import { ScopeRows } from './scope-rows.js';
import type { SteadyTime } from './steady-time.js';
import { WindowSum } from './window-sum.js';

/** Enough for the orphans of a crash; the rest is for the next verb, or for the next turn. */
export const EXPIRED_AT_ONCE = 16;

type WithoutCrossings<Result> = Result extends unknown ? Omit<Result, keyof Crossings> : never;
type Changed = WithoutCrossings<ChangeResult>;
type Reserved =
  | Exclude<WithoutCrossings<ReserveResult>, { readonly status: 'refused' }>
  | { readonly status: 'refused'; readonly refusal: Refusal; readonly hasMoreDue: boolean };

/** The verbs on limits and reservations, each to be run inside one immediate transaction. */
export class LimitsInSqlite {
  readonly counters: Counters;
  readonly rows: ReservationRows;
  readonly scopes: ScopeRows;
  /** Since they were last taken. */
  #crossings: ThresholdCrossing[] = [];
  readonly #expiries: Expiries;
  readonly #retention: Retention;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(database: Database, time: SteadyTime, { retentionMs }: { readonly retentionMs: number }) {
    const windowSum = new WindowSum(database);
    this.counters = new Counters(database, (scope, unit, span) => windowSum.sum(scope, unit, span));
    this.rows = new ReservationRows(database);
    this.scopes = new ScopeRows(database);
    this.#expiries = new Expiries(database);
    this.#retention = new Retention(
      { counters: this.counters, rows: this.rows, scopes: this.scopes, time },
      retentionMs,
    );
    this.#statements = prepare(database);
  }

  /** The thresholds that were reached since this was asked last. */
  takeCrossings(): readonly ThresholdCrossing[] {
    const crossings = this.#crossings;
    this.#crossings = [];
    return crossings;
  }

  setLimit({ scope, unit, window, limit, thresholds }: Limit, nowMs: number): object {
    this.scopes.register(scope);
    const key = [scope, unit, ...windowColumns(window)];
    this.#statements.upsertLimit.run(...key, limit, JSON.stringify(thresholds));
    this.#statements.lookAgain.run(...key);
    const counter = this.#counterOf({ scope, unit, window }, nowMs);
    // What the changed limit puts out of reach again may be crossed again.
    const crossedPercent = stillCrossed(counter.crossedPercent, { used: counter.used, limit });
    this.#cross({ ...counter, crossedPercent, limit: { scope, unit, window, limit, thresholds } });
    return {};
  }

  removeLimit({ scope, unit, window }: LimitKey): boolean {
    return this.#statements.removeLimit.run(scope, unit, ...windowColumns(window)).changes > 0;
  }

  setParent(scope: Scope, parent: Scope | null): 'set' | 'circle' | 'too_deep' {
    return this.scopes.setParent(scope, parent);
  }

  /**
   * Ends holds whose time is over; `hasMoreDue`: there may be more of them. Decides first and writes then: who is refused
   * leaves nothing else behind, and does not wait for the disk.
   */
  reserve(request: ReserveRequest, nowMs: number): Reserved {
    const { isKnown, hasDue } = this.#expiries.look(request.id, nowMs);
    const hasMoreDue = hasDue && this.expireDue(nowMs, EXPIRED_AT_ONCE) === EXPIRED_AT_ONCE;
    const known = isKnown ? this.rows.find(request.id) : null;
    const askedScopes = JSON.stringify(request.scopes);
    if (known !== null) {
      const { reservation } = this.#afterExpiry(known, nowMs);
      const isRequest = known.askedScopes === askedScopes && !isBooking(reservation);
      const isRepeated = isRequest && isSame(reservation.amounts, request.amounts);
      return isRepeated ? { status: 'reserved', reservation, isRepeated } : { status: 'id_taken', reservation };
    }
    const asked = units.filter((unit) => request.amounts[unit] !== undefined);
    const rooms: Room[] = [];
    const { all: scopes, unknown } = this.scopes.withAncestors(request.scopes, (scope) => {
      const now = this.counters.roomsOn(scope, asked, nowMs);
      rooms.push(...now.rooms);
      return now.parent;
    });
    const amountOf = ({ unit }: Room) => request.amounts[unit] ?? 0n;
    if (rooms.some((room) => !hasRoom(room, amountOf(room))))
      return { status: 'refused', refusal: this.#refusal(scopes, request.amounts, nowMs), hasMoreDue };
    for (const scope of unknown) this.scopes.register(scope);
    for (const room of rooms) this.counters.hold(room, amountOf(room), nowMs);
    const { isSent = false } = request;
    const reservation: Reservation = {
      id: request.id,
      status: isSent ? 'sent' : 'held',
      scopes,
      amounts: request.amounts,
      reservedAtMs: nowMs,
      expiresAtMs: nowMs + request.expiresInMs,
      sentAtMs: isSent ? nowMs : null,
      resolvedAtMs: null,
      booked: null,
      overrun: {},
      isEstimated: false,
    };
    this.#expiries.added(this.rows.insert(reservation, askedScopes), reservation);
    this.#forgetOld(nowMs);
    return { status: 'reserved', reservation, isRepeated: false };
  }

  book({ id, scopes: askedScopes, amounts }: BookRequest, nowMs: number): Changed {
    const known = this.rows.find(id);
    const asked = JSON.stringify(askedScopes);
    if (known !== null) {
      const { reservation } = this.#afterExpiry(known, nowMs);
      const isRequest = known.askedScopes === asked && isBooking(reservation);
      const isRepeated = isRequest && isSame(reservation.booked ?? {}, amounts);
      return { status: isRepeated ? 'changed' : 'id_taken', reservation };
    }
    const { all: scopes, unknown } = this.scopes.withAncestors(askedScopes);
    for (const scope of unknown) this.scopes.register(scope);
    const reservation: Reservation = {
      id,
      status: 'settled',
      scopes,
      amounts: {},
      reservedAtMs: nowMs,
      expiresAtMs: nowMs,
      sentAtMs: null,
      resolvedAtMs: nowMs,
      booked: amounts,
      overrun: amounts,
      isEstimated: false,
    };
    const moves: Partial<Record<Unit, Move>> = {};
    for (const unit of units) {
      const amount = amounts[unit];
      if (amount !== undefined) moves[unit] = { used: amount, held: 0n, overrun: amount };
    }
    this.#move(reservation, moves, nowMs);
    this.rows.update(this.rows.insert(reservation, asked), reservation);
    this.#forgetOld(nowMs);
    return { status: 'changed', reservation };
  }

  markSent(id: string, nowMs: number): Changed {
    return this.#change(id, nowMs, (reservation) => send(reservation, nowMs));
  }

  extend(id: string, expiresAtMs: number, nowMs: number): Changed {
    return this.#change(id, nowMs, (reservation) => extend(reservation, expiresAtMs));
  }

  settle(id: string, amounts: Reservation['amounts'], nowMs: number): Changed {
    return this.#change(id, nowMs, (reservation) => settle(reservation, amounts, nowMs));
  }

  release(id: string, isNotBilled: boolean, nowMs: number): Changed {
    return this.#change(id, nowMs, (reservation) => release(reservation, isNotBilled, nowMs));
  }

  /** Shows as expired what is over, but leaves it to the next writer, who tells the thresholds that it reaches. */
  readReservation(id: string, nowMs: number): Reservation | null {
    const reservation = this.rows.find(id)?.reservation ?? null;
    return reservation !== null && isDue(reservation, nowMs) ? expire(reservation, nowMs).next : reservation;
  }

  /** Says how many there were. */
  expireDue(nowMs: number, max: number): number {
    const due = this.#expiries.due(nowMs, max);
    for (const kept of due) this.#store(kept, expire(kept.reservation, nowMs), nowMs);
    return due.length;
  }

  /**
   * Its limits, its parent and what it used for life. What is held stays held, and its counters stay as long as
   * reservations move them: otherwise a late settlement would free what nobody holds any more.
   */
  removeScope(scope: Scope): void {
    for (const unit of units) this.counters.resetLifetime(scope, unit);
    this.#statements.removeLimits.run(scope);
    this.scopes.removeParent(scope);
    if (this.counters.removeEmpty(scope)) this.scopes.removeUnused(scope);
  }

  #change(id: string, nowMs: number, changeOf: (reservation: Reservation) => Change): Changed {
    const known = this.rows.find(id);
    if (known === null) return { status: 'unknown' };
    const kept = this.#afterExpiry(known, nowMs);
    const { reservation } = kept;
    const change = changeOf(reservation);
    if ('problem' in change) return { status: change.problem, reservation };
    if (change.next !== reservation) this.#store(kept, change, nowMs);
    return { status: 'changed', reservation: change.next };
  }

  /** As it is now: the store's clock decides, not whether somebody has looked since. */
  #afterExpiry(kept: Kept, nowMs: number): Kept {
    const { seq, askedScopes, estimatedAfter, reservation } = kept;
    if (!isDue(reservation, nowMs)) return kept;
    const change = expire(reservation, nowMs);
    this.#store(kept, change, nowMs);
    return { seq, askedScopes, estimatedAfter, reservation: change.next };
  }

  #store(
    { seq, reservation: before, estimatedAfter }: Kept,
    { next, moves }: { next: Reservation; moves: Moves },
    nowMs: number,
  ): void {
    // In this order: a counter that is made for the move adds up the reservations as they were before it.
    this.#move(before, moves, nowMs, estimatedAfter);
    this.rows.update(seq, next, next.isEstimated ? this.counters.resets() : null);
    this.#expiries.changed(seq, before, next);
  }

  #move(reservation: Reservation, moves: Moves, nowMs: number, estimatedAfter: bigint | null = null): void {
    const { scopes, amounts, reservedAtMs: atMs } = reservation;
    const moved = units.filter((unit) => moves[unit] !== undefined);
    for (const scope of scopes) {
      // What was not reserved may not have been counted before.
      for (const unit of moved) if (amounts[unit] === undefined) this.#ensureAt(scope, unit, atMs, nowMs);
      const move = (some: Moves) =>
        estimatedAfter === null
          ? this.counters.move(scope, some, atMs)
          : this.counters.correct(scope, some, atMs, estimatedAfter);
      let { missing, mayHaveReached } = move(moves);
      if (missing.length > 0) {
        // The scope was removed since the reservation was made.
        for (const unit of missing) this.#ensureAt(scope, unit, atMs, nowMs);
        const missed = Object.fromEntries(missing.map((unit) => [unit, moves[unit]]));
        mayHaveReached = move(missed).mayHaveReached || mayHaveReached;
      }
      if (!mayHaveReached) continue;
      for (const unit of moved) {
        if ((moves[unit]?.used ?? 0n) <= 0n) continue;
        for (const counter of this.counters.reachedAt(scope, unit, atMs, nowMs)) this.#cross(counter);
      }
    }
  }

  /** Who refuses, by name and unit, where somebody does. */
  #refusal(scopes: readonly Scope[], amounts: Amounts, nowMs: number): Refusal {
    for (const scope of scopes) {
      for (const unit of units) {
        const amount = amounts[unit];
        if (amount === undefined) continue;
        for (const { limit, used, held, endsAtMs } of this.counters.expectedAt(scope, unit, nowMs)) {
          const balance = { scope, unit, limit: limit?.limit ?? null, used, held, resetsAtMs: resetOf(endsAtMs) };
          const refusal = refusalOf(balance, amount);
          if (refusal !== null) return refusal;
        }
      }
    }
    throw new Error('A limit has no room for what all limits have room for.');
  }

  #ensureAt(scope: Scope, unit: Unit, atMs: number, nowMs: number): void {
    this.scopes.register(scope);
    this.counters.ensureAt(scope, unit, atMs, nowMs);
  }

  #cross(counter: Counter): void {
    this.#crossings.push(...this.counters.cross(counter));
  }

  /** The other windows are counted from now on too, and so is life: whoever moves one of them must find all. */
  #counterOf({ scope, unit, window }: LimitKey, nowMs: number): Counter {
    this.counters.ensureAt(scope, unit, nowMs);
    const isOfWindow = (counter: Counter): boolean => isSameWindow(counter.window, window);
    return this.counters.at(scope, unit, nowMs).find(isOfWindow) as Counter;
  }

  #forgetOld(nowMs: number): void {
    this.#retention.forgetOld(nowMs, (atMs, max) => this.expireDue(atMs, max));
  }
}

function prepare(database: Database) {
  return {
    upsertLimit: database.prepare(
      `INSERT INTO limits (scope, unit, every, time_zone, amount, thresholds) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET amount = excluded.amount, thresholds = excluded.thresholds`,
    ),
    lookAgain: database.prepare(
      'UPDATE counters SET tells_at = 0 WHERE scope = ? AND unit = ? AND every = ? AND time_zone = ?',
    ),
    removeLimit: database.prepare('DELETE FROM limits WHERE scope = ? AND unit = ? AND every = ? AND time_zone = ?'),
    removeLimits: database.prepare('DELETE FROM limits WHERE scope = ?'),
  };
}
