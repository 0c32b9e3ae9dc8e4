import type { Database } from 'better-sqlite3';
import { refusalOf, remainingOf } from '../../admission.js';
import { type Unit, units } from '../../amounts.js';
import type { Limit, LimitKey } from '../../limit.js';
import type { Refusal, Reservation } from '../../reservation.js';
import {
  type Change,
  expire,
  extend,
  isDue,
  isSame,
  type Move,
  type Moves,
  release,
  send,
  settle,
} from '../../reservation-change.js';
import { MAX_ANCESTORS, type Scope } from '../../scope.js';
import type {
  BookRequest,
  ChangeResult,
  Crossings,
  LimitState,
  ReserveRequest,
  ReserveResult,
  ScopeState,
} from '../../store.js';
import { newlyCrossed, type ThresholdCrossing } from '../../threshold-crossing.js';
import { type Counter, Counters, isSameWindow, resetOf, windowOf } from './counters.js';
import { ReservationRows } from './reservation-rows.js';
import { FOREVER_MS } from './schema.js';

/** Enough for the orphans of a crash; the rest is for the next verb, or for the next turn. */
export const EXPIRED_AT_ONCE = 100;
/** A reservation makes one row and removes up to two, so that old ones vanish without ever taking a while. */
const FORGOTTEN_AT_ONCE = 2;
/** Rows stand in the order in which they were made, but for clocks that were set, and processes that wrote in turns. */
const MAX_DISORDER_MS = 86_400_000;

type WithoutCrossings<Result> = Result extends unknown ? Omit<Result, keyof Crossings> : never;
type Changed = WithoutCrossings<ChangeResult>;
type Reserved = WithoutCrossings<ReserveResult>;

/** The verbs on limits and reservations, each to be run inside one immediate transaction. */
export class LimitsInSqlite {
  readonly counters: Counters;
  readonly rows: ReservationRows;
  /** Since they were last taken. */
  #crossings: ThresholdCrossing[] = [];
  readonly #retentionMs: number;
  readonly #statements: ReturnType<typeof prepare>;
  /** No kept reservation is older, as far as was looked: nothing needs to be forgotten before its time is over. */
  #oldestAtMs = 0;

  constructor(database: Database, { retentionMs }: { readonly retentionMs: number }) {
    this.counters = new Counters(database, (scope, unit, span) => this.#sumOf(scope, unit, span));
    this.rows = new ReservationRows(database);
    this.#retentionMs = retentionMs;
    this.#statements = prepare(database);
  }

  /** The thresholds that were reached since this was asked last. */
  takeCrossings(): readonly ThresholdCrossing[] {
    const crossings = this.#crossings;
    this.#crossings = [];
    return crossings;
  }

  setLimit({ scope, unit, window, limit, thresholds }: Limit, nowMs: number): void {
    this.#register(scope);
    const key = [scope, unit, window?.every ?? '', window?.timeZone ?? ''];
    this.#statements.upsertLimit.run(...key, limit, JSON.stringify(thresholds));
    this.#statements.lookAgain.run(...key);
    const counter = this.#counterOf({ scope, unit, window }, nowMs);
    // What the changed limit puts out of reach again may be crossed again.
    const told = thresholds.filter(({ percent }) => percent <= counter.crossedPercent);
    const reached = newlyCrossed(told, { used: counter.used, limit, crossedPercent: 0 });
    const crossedPercent = reached.at(-1)?.percent ?? 0;
    this.#cross({ ...counter, crossedPercent, limit: { scope, unit, window, limit, thresholds } });
  }

  removeLimit({ scope, unit, window }: LimitKey): boolean {
    const { changes } = this.#statements.removeLimit.run(scope, unit, window?.every ?? '', window?.timeZone ?? '');
    return changes > 0;
  }

  setParent(scope: Scope, parent: Scope | null): 'set' | 'circle' | 'too_deep' {
    if (parent !== null) {
      const above = this.#withAncestors([parent]);
      if (above.includes(scope)) return 'circle';
      if (above.length + this.#levelsBelow(scope) > MAX_ANCESTORS) return 'too_deep';
      this.#register(parent);
    }
    this.#statements.setParent.run(scope, parent);
    return 'set';
  }

  reserve(request: ReserveRequest, nowMs: number): Reserved {
    const known = this.rows.find(request.id);
    const asked = JSON.stringify(request.scopes);
    if (known !== null) {
      const reservation = this.#afterExpiry(known.reservation, nowMs);
      const isRequest = known.askedScopes === asked && !isBooking(reservation);
      const isRepeated = isRequest && isSame(reservation.amounts, request.amounts);
      return { status: isRepeated ? 'reserved' : 'id_taken', reservation };
    }
    const scopes = this.#withAncestors(request.scopes);
    const asks: { counter: Counter; amount: bigint }[] = [];
    for (const scope of scopes) {
      for (const unit of units) {
        const amount = request.amounts[unit];
        if (amount === undefined) continue;
        for (const counter of this.counters.ensuredAt(scope, unit, nowMs)) asks.push({ counter, amount });
      }
    }
    const refusal = firstRefusal(asks);
    if (refusal !== null) return { status: 'refused', refusal };
    for (const { counter, amount } of asks) this.counters.hold(counter.id, amount, nowMs);
    const reservation: Reservation = {
      ...{ id: request.id, status: 'held', scopes, amounts: request.amounts },
      ...{ reservedAtMs: nowMs, expiresAtMs: nowMs + request.expiresInMs, sentAtMs: null, resolvedAtMs: null },
      ...{ booked: null, overrun: {}, isEstimated: false },
    };
    this.rows.insert(reservation, asked);
    this.#forgetOld(nowMs);
    return { status: 'reserved', reservation };
  }

  book({ id, scopes: askedScopes, amounts }: BookRequest, nowMs: number): Changed {
    const known = this.rows.find(id);
    const asked = JSON.stringify(askedScopes);
    if (known !== null) {
      const reservation = this.#afterExpiry(known.reservation, nowMs);
      const isRequest = known.askedScopes === asked && isBooking(reservation);
      const isRepeated = isRequest && isSame(reservation.booked ?? {}, amounts);
      return { status: isRepeated ? 'changed' : 'id_taken', reservation };
    }
    const scopes = this.#withAncestors(askedScopes);
    const reservation: Reservation = {
      ...{ id, status: 'settled', scopes, amounts: {}, reservedAtMs: nowMs, expiresAtMs: nowMs },
      ...{ sentAtMs: null, resolvedAtMs: nowMs, booked: amounts, overrun: amounts, isEstimated: false },
    };
    const moves: Partial<Record<Unit, Move>> = {};
    for (const unit of units) {
      const amount = amounts[unit];
      if (amount !== undefined) moves[unit] = { used: amount, held: 0n, overrun: amount };
    }
    this.#move(reservation, moves, nowMs);
    this.rows.insert(reservation, asked);
    this.rows.update(reservation);
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
    const due = this.rows.due(nowMs, max);
    for (const reservation of due) this.#store(reservation, expire(reservation, nowMs), nowMs);
    return due.length;
  }

  readScope(scope: Scope, nowMs: number): ScopeState | null {
    const row = this.#statements.scope.get(scope) as { parent: string | null } | undefined;
    // Never used, or removed; the reservations of a removed one may still be counted.
    if (row === undefined) return null;
    const usage = units.flatMap((unit) => {
      const counter = this.counters.at(scope, unit, nowMs).find(({ window }) => window === null);
      if (counter === undefined) return [];
      return [{ unit, used: counter.used, held: counter.held, overrun: counter.overrun }];
    });
    const limits = (this.#statements.limitsOf.all(scope) as LimitRow[]).map((limit) => this.#limitState(limit, nowMs));
    return { scope, parent: row.parent, limits, usage };
  }

  listScopes(after: Scope | null, limit: number, nowMs: number): ScopeState[] {
    const names = this.#statements.scopesAfter.all(after ?? '', limit) as { scope: string }[];
    return names.flatMap(({ scope }) => this.readScope(scope, nowMs) ?? []);
  }

  /** Counts anew from nothing what is used for life; what is held stays held. */
  resetLifetime(scope: Scope, unit: Unit): void {
    this.#statements.resetLifetime.run(scope, unit, FOREVER_MS);
  }

  /**
   * Its limits, its parent and what it used for life. What is held stays held, and its counters stay as long as
   * reservations move them: otherwise a late settlement would free what nobody holds any more.
   */
  removeScope(scope: Scope): void {
    for (const unit of units) this.resetLifetime(scope, unit);
    this.#statements.removeLimits.run(scope);
    this.#statements.removeParent.run(scope);
    this.#removeUnused(scope);
  }

  #change(id: string, nowMs: number, changeOf: (reservation: Reservation) => Change): Changed {
    const known = this.rows.find(id);
    if (known === null) return { status: 'unknown' };
    const reservation = this.#afterExpiry(known.reservation, nowMs);
    const change = changeOf(reservation);
    if ('problem' in change) return { status: change.problem, reservation };
    if (change.next !== reservation) this.#store(reservation, change, nowMs);
    return { status: 'changed', reservation: change.next };
  }

  /** The store's clock decides, not whether somebody has looked since. */
  #afterExpiry(reservation: Reservation, nowMs: number): Reservation {
    if (!isDue(reservation, nowMs)) return reservation;
    const change = expire(reservation, nowMs);
    this.#store(reservation, change, nowMs);
    return change.next;
  }

  #store(before: Reservation, { next, moves }: { next: Reservation; moves: Moves }, nowMs: number): void {
    // In this order: a counter that is made for the move adds up the reservations as they were before it.
    this.#move(before, moves, nowMs);
    this.rows.update(next);
  }

  #move({ scopes, amounts, reservedAtMs }: Reservation, moves: Moves, nowMs: number): void {
    for (const scope of scopes) {
      for (const unit of units) {
        const move = moves[unit];
        if (move === undefined) continue;
        // What was not reserved may not have been counted before.
        if (amounts[unit] === undefined) this.#ensureAt(scope, unit, reservedAtMs, nowMs);
        if (!this.counters.move(scope, unit, reservedAtMs, move)) {
          // The scope was removed since the reservation was made.
          this.#ensureAt(scope, unit, reservedAtMs, nowMs);
          this.counters.move(scope, unit, reservedAtMs, move);
        }
        if (move.used <= 0n) continue;
        for (const counter of this.counters.reachedAt(scope, unit, reservedAtMs)) this.#cross(counter);
      }
    }
  }

  #ensureAt(scope: Scope, unit: Unit, atMs: number, nowMs: number): void {
    this.#register(scope);
    this.counters.ensuredAt(scope, unit, atMs, nowMs);
  }

  #cross(counter: Counter): void {
    this.#crossings.push(...this.counters.cross(counter));
  }

  #counterOf({ scope, unit, window }: LimitKey, nowMs: number): Counter {
    const find = () => this.counters.at(scope, unit, nowMs).find((counter) => isSameWindow(counter.window, window));
    const known = find();
    if (known !== undefined) return known;
    // The one for life too: whoever moves one must find both.
    this.counters.ensuredAt(scope, unit, nowMs);
    return find() as Counter;
  }

  /** What a window saw before it had a counter, because there was no limit, or because a clock was set back. */
  #sumOf(scope: Scope, unit: Unit, { startsAtMs, endsAtMs }: { startsAtMs: number; endsAtMs: number }): Move {
    const sum = { used: 0n, held: 0n, overrun: 0n };
    for (const reservation of this.rows.newestFirst()) {
      const { scopes, reservedAtMs } = reservation;
      if (reservedAtMs < startsAtMs - MAX_DISORDER_MS) break;
      if (reservedAtMs < startsAtMs || reservedAtMs >= endsAtMs || !scopes.includes(scope)) continue;
      sum.used += reservation.booked?.[unit] ?? 0n;
      sum.held += heldIn(reservation, unit);
      sum.overrun += reservation.overrun[unit] ?? 0n;
    }
    return sum;
  }

  #limitState(row: LimitRow, nowMs: number): LimitState {
    const window = windowOf(row.every, row.time_zone);
    const { scope, unit, amount: limit } = row;
    const counter = this.counters.at(scope, unit, nowMs).find((each) => isSameWindow(each.window, window));
    const { used, held, overrun } = counter ?? this.counters.uncounted({ scope, unit, window }, nowMs);
    const resetsAtMs = resetOf(this.counters.spanAt(window, nowMs).endsAtMs);
    const thresholds = this.counters.thresholdsIn(row.thresholds);
    const remaining = remainingOf({ limit, used, held });
    return { scope, unit, window, limit, thresholds, used, held, overrun, remaining, resetsAtMs };
  }

  #forgetOld(nowMs: number): void {
    const beforeMs = nowMs - this.#retentionMs;
    if (this.#oldestAtMs >= beforeMs) return;
    const oldest = this.rows.oldest(FORGOTTEN_AT_ONCE);
    this.#oldestAtMs = Math.min(...oldest.map(({ reservedAtMs }) => reservedAtMs));
    if (this.#oldestAtMs >= beforeMs) return;
    // Two that nobody ended, or that are held for ever, must not keep all that came after them.
    this.expireDue(nowMs, FORGOTTEN_AT_ONCE);
    for (const reservation of this.rows.oldestOver(FORGOTTEN_AT_ONCE)) {
      if (reservation.reservedAtMs < beforeMs) this.#forget(reservation);
    }
    this.counters.removeEnded(beforeMs, FORGOTTEN_AT_ONCE);
  }

  #forget({ id, scopes, reservedAtMs, booked, overrun }: Reservation): void {
    for (const scope of scopes) {
      for (const unit of units) {
        const used = booked?.[unit] ?? 0n;
        if (used !== 0n) this.counters.forget(scope, unit, reservedAtMs, used, overrun[unit] ?? 0n);
      }
    }
    this.rows.remove(id);
    for (const scope of scopes) this.#removeUnused(scope);
  }

  /** Counters of nothing, and the scope itself where nothing is left of it. */
  #removeUnused(scope: Scope): void {
    if (this.counters.removeEmpty(scope)) this.#statements.removeUnused.run({ scope });
  }

  #register(scope: Scope): void {
    this.#statements.register.run(scope);
  }

  /** Scopes that nobody knew before are known from then on. */
  #withAncestors(scopes: readonly Scope[]): Scope[] {
    const all = new Set<Scope>();
    for (const scope of scopes) {
      for (let next: Scope | null = scope; next !== null && !all.has(next); ) {
        all.add(next);
        const parent = this.#statements.parent.get(next) as string | null | undefined;
        if (parent === undefined) this.#register(next);
        next = parent ?? null;
      }
    }
    return [...all].sort();
  }

  #levelsBelow(scope: Scope): number {
    const childrenOf = (each: Scope) =>
      (this.#statements.children.all(each) as { scope: string }[]).map((row) => row.scope);
    let levels = 0;
    for (let level = childrenOf(scope); level.length > 0; level = level.flatMap(childrenOf)) levels += 1;
    return levels;
  }
}

interface LimitRow {
  readonly scope: string;
  readonly unit: Unit;
  readonly every: string;
  readonly time_zone: string;
  readonly amount: bigint;
  readonly thresholds: string;
}

/** Nothing was ever held for it. */
function isBooking({ amounts }: Reservation): boolean {
  return Object.keys(amounts).length === 0;
}

function firstRefusal(asks: readonly { counter: Counter; amount: bigint }[]): Refusal | null {
  for (const { counter, amount } of asks) {
    const { limit, used, held, endsAtMs } = counter;
    const refusal = limit && refusalOf({ limit, used, held, resetsAtMs: resetOf(endsAtMs) }, amount);
    if (refusal !== null) return refusal;
  }
  return null;
}

export function heldIn({ status, amounts }: Reservation, unit: Unit): bigint {
  return status === 'held' || status === 'sent' ? (amounts[unit] ?? 0n) : 0n;
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
    limitsOf: database.prepare('SELECT * FROM limits WHERE scope = ? ORDER BY unit, every, time_zone'),
    scope: database.prepare('SELECT parent FROM scopes WHERE scope = ?'),
    parent: database.prepare('SELECT parent FROM scopes WHERE scope = ?').pluck(),
    register: database.prepare('INSERT INTO scopes (scope) VALUES (?) ON CONFLICT DO NOTHING'),
    setParent: database.prepare(
      'INSERT INTO scopes (scope, parent) VALUES (?, ?) ON CONFLICT DO UPDATE SET parent = excluded.parent',
    ),
    children: database.prepare('SELECT scope FROM scopes WHERE parent = ?'),
    scopesAfter: database.prepare('SELECT scope FROM scopes WHERE scope > ? ORDER BY scope LIMIT ?'),
    resetLifetime: database.prepare(
      `UPDATE counters SET forgotten_used = forgotten_used - used, forgotten_overrun = forgotten_overrun - overrun,
         used = 0, overrun = 0, crossed_percent = 0, tells_at = 0
       WHERE scope = ? AND unit = ? AND ends_at_ms = ?`,
    ),
    removeLimits: database.prepare('DELETE FROM limits WHERE scope = ?'),
    removeParent: database.prepare('UPDATE scopes SET parent = NULL WHERE scope = ?'),
    removeUnused: database.prepare(
      `DELETE FROM scopes WHERE scope = @scope AND parent IS NULL
         AND NOT EXISTS (SELECT 1 FROM limits WHERE scope = @scope)
         AND NOT EXISTS (SELECT 1 FROM counters WHERE scope = @scope)`,
    ),
  };
}
