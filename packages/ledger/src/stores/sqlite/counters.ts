import type { Database } from 'better-sqlite3';
import { isCountable } from '../../admission.js';
import { type Unit, units } from '../../amounts.js';
import { counterFull } from '../../budget-errors.js';
import type { LimitKey } from '../../limit.js';
import type { Move, Moves } from '../../reservation-change.js';
import type { Scope } from '../../scope.js';
import { newlyCrossed, nextCrossing, type ThresholdCrossing } from '../../threshold-crossing.js';
import { type Window, windowAt } from '../../window.js';
import { type ThresholdReader, thresholdReader } from '../threshold-reader.js';
import { FOREVER_MS, isSameWindow, resetOf, windowColumns, windowOf } from '../window-columns.js';
import { type Counter, type CounterRow, counterColumns, counterOf, joinLimit } from './counter-row.js';
import { GatheredMoves } from './gathered-moves.js';

export interface WindowBounds {
  readonly startsAtMs: number;
  readonly endsAtMs: number;
}

/** What the reservations of a window add up to. */
type SumOf = (scope: Scope, unit: Unit, span: WindowBounds) => Move;

/** A counter as far as an admission asks for it: most of what is read of a whole one is text. */
export interface Room {
  readonly unit: Unit;
  readonly used: bigint;
  readonly held: bigint;
  /** `null` where there is none. */
  readonly limit: bigint | null;
  /** Its id, or what is to be made. */
  readonly counter: bigint | Counter;
}

export interface ScopeNow {
  /** `null` where it lies under none, `undefined` where nobody knows the scope. */
  readonly parent: Scope | null | undefined;
  readonly rooms: readonly Room[];
}

export interface Moved {
  /** The units that have no counter yet. */
  readonly missing: readonly Unit[];
  /** Whether one of the moved counters may have reached a threshold. */
  readonly mayHaveReached: boolean;
}

interface WindowRow {
  readonly every: string;
  readonly time_zone: string;
  readonly amount: bigint;
  readonly thresholds: string;
}

/** Counters and the limits on them. Every statement runs inside the caller's transaction. */
export class Counters {
  readonly thresholdsIn: ThresholdReader = thresholdReader();
  readonly moves: GatheredMoves;
  readonly #prepared: ReturnType<typeof prepare>;
  readonly #sumOf: SumOf;
  /** Asking for a window takes longer than all statements of a reservation, and it changes once a day. */
  readonly #spans = new Map<string, WindowBounds>();
  #madeOfWindows = 0;

  constructor(database: Database, sumOf: SumOf) {
    this.moves = new GatheredMoves(database);
    this.#prepared = prepare(database);
    this.#sumOf = sumOf;
  }

  /** Whoever does more than to move counters finds them as they are by now. */
  get #statements(): ReturnType<typeof prepare> {
    this.moves.write();
    return this.#prepared;
  }

  /** All counters of a moment: for life, and of each window that holds it. */
  at(scope: Scope, unit: Unit, atMs: number): Counter[] {
    const rows = this.#statements.at.all(scope, unit, atMs, atMs) as CounterRow[];
    return rows.map((row) => counterOf(scope, row, this.thresholdsIn));
  }

  /** Of the counters of a moment those that may have reached a threshold. Nobody is told of a window that is over. */
  reachedAt(scope: Scope, unit: Unit, atMs: number, nowMs: number): Counter[] {
    const rows = this.#statements.reached.all(scope, unit, atMs, atMs, nowMs) as CounterRow[];
    return rows.map((row) => counterOf(scope, row, this.thresholdsIn));
  }

  /**
   * As `at`, with those that are not made yet. Not of a window that is over: nobody asks for it any more.
   */
  expectedAt(scope: Scope, unit: Unit, atMs: number, nowMs = atMs): Counter[] {
    const counters = this.at(scope, unit, atMs);
    return [...counters, ...this.#missing(scope, unit, counters, atMs, nowMs)];
  }

  /** `expectedAt` of several units, and the parent of the scope, in one look. */
  roomsOn(scope: Scope, of: readonly Unit[], atMs: number): ScopeNow {
    const rows = this.moves.roomRows(scope, atMs);
    const [parent, hasWindows] = rows[0] ?? [undefined, 0n];
    const rooms: Room[] = [];
    for (const [, , id, unit, used, held, limit] of rows) {
      if (id === null || !of.includes(unit)) continue;
      const moved = this.moves.of(id) ?? nothing;
      rooms.push({ unit, used: used + moved.used, held: held + moved.held, limit, counter: id });
    }
    for (const unit of of) {
      if (hasWindows === 0n && rooms.some((room) => room.unit === unit)) continue;
      for (const counter of this.expectedAt(scope, unit, atMs)) {
        if (counter.id !== null) continue;
        const { used, held, limit } = counter;
        rooms.push({ unit, used, held, limit: limit?.limit ?? null, counter });
      }
    }
    return { parent, rooms };
  }

  ensureAt(scope: Scope, unit: Unit, atMs: number, nowMs = atMs): void {
    for (const counter of this.expectedAt(scope, unit, atMs, nowMs)) if (counter.id === null) this.make(counter);
  }

  /** Its id. */
  make({ scope, unit, window, startsAtMs, endsAtMs, used, held, overrun }: Counter): bigint {
    if (window !== null) this.#madeOfWindows += 1;
    const tellsAt = window === null ? null : 0;
    const sums = [used, held, overrun];
    const { lastInsertRowid } = this.#statements.make.run(
      ...[scope, unit, ...windowColumns(window)],
      ...[startsAtMs, endsAtMs, tellsAt, ...sums],
    );
    return BigInt(lastInsertRowid);
  }

  spanAt(window: Window, atMs: number): WindowBounds {
    if (window === null) return { startsAtMs: 0, endsAtMs: FOREVER_MS };
    const key = `${window.every} ${window.timeZone}`;
    const known = this.#spans.get(key);
    if (known !== undefined && known.startsAtMs <= atMs && atMs < known.endsAtMs) return known;
    const { startsAtMs, endsAtMs } = windowAt(window, atMs);
    const span = { startsAtMs, endsAtMs: endsAtMs ?? FOREVER_MS };
    this.#spans.set(key, span);
    return span;
  }

  hold({ counter }: Room, amount: bigint, atMs: number): void {
    const id = typeof counter === 'bigint' ? counter : this.make(counter);
    this.moves.add(id, { used: 0n, held: amount, overrun: 0n }, atMs);
  }

  /** Moves all counters of a moment. @throws CodedError `counter_full` */
  move(scope: Scope, moves: Moves, atMs: number): Moved {
    const missing = new Set(units.filter((unit) => moves[unit] !== undefined));
    let mayHaveReached = false;
    for (const [id, unit, writtenUsed, writtenHeld, tellsAt] of this.moves.movedRows(scope, atMs)) {
      const move = moves[unit];
      if (move === undefined) continue;
      missing.delete(unit);
      const gathered = this.moves.of(id) ?? nothing;
      const [used, held] = [writtenUsed + gathered.used, writtenHeld + gathered.held];
      if (!isCountable({ used, held }, move)) throw counterFull(scope, unit);
      this.moves.add(id, move, atMs);
      if (tellsAt !== null && used + move.used >= tellsAt) mayHaveReached = true;
    }
    return { missing: [...missing], mayHaveReached };
  }

  /**
   * As `move`, after an estimate was booked. Where it was too high (`used` is negative), a counter that began anew since
   * does not count it any more: taking it off once more would make room that there is not.
   */
  correct(scope: Scope, moves: Moves, atMs: number, estimatedAfter: bigint): Moved {
    const others: Partial<Record<Unit, Move>> = {};
    const missing: Unit[] = [];
    for (const unit of units) {
      const move = moves[unit];
      if (move === undefined) continue;
      if (move.used >= 0n) others[unit] = move;
      else if (!this.#correctUnit(scope, unit, atMs, move.used, estimatedAfter)) missing.push(unit);
    }
    const moved = this.move(scope, others, atMs);
    return { ...moved, missing: [...missing, ...moved.missing] };
  }

  #correctUnit(scope: Scope, unit: Unit, atMs: number, used: bigint, estimatedAfter: bigint): boolean {
    const parameters = [estimatedAfter, used, estimatedAfter, used, scope, unit, atMs, atMs];
    return this.#statements.correct.run(...parameters).changes > 0;
  }

  /** What is used for life counts anew from nothing; what is held stays held. */
  resetLifetime(scope: Scope, unit: Unit): void {
    const resets = this.#statements.countReset.get() as bigint;
    this.#statements.resetLifetime.run(resets, scope, unit, FOREVER_MS);
  }

  /** How many resets there were. */
  resets(): bigint {
    return this.#statements.resets.get() as bigint;
  }

  /** All of a scope, where none of them counts anything. Says whether there were any. */
  removeEmpty(scope: Scope): boolean {
    return this.#statements.removeEmpty.run({ scope }).changes > 0;
  }

  /** What a window without a counter has seen all the same. */
  uncounted({ scope, unit, window }: LimitKey, atMs: number): Move {
    const span = this.spanAt(window, atMs);
    const forLife = this.at(scope, unit, atMs).find((counter) => counter.window === null);
    const wasUsed = window !== null && forLife !== undefined && forLife.lastUsedAtMs >= span.startsAtMs;
    return wasUsed ? this.#sumOf(scope, unit, span) : nothing;
  }

  /** What they count stays, though the reservation behind it goes. */
  forget(scope: Scope, unit: Unit, atMs: number, used: bigint, overrun: bigint): void {
    this.#statements.forget.run(used, overrun, scope, unit, atMs, atMs);
  }

  /** Marks the thresholds that a counter newly reaches, and says which. */
  cross(counter: Counter): ThresholdCrossing[] {
    if (counter.limit === null) return [];
    const { limit, thresholds } = counter.limit;
    const crossed = newlyCrossed(thresholds, { used: counter.used, limit, crossedPercent: counter.crossedPercent });
    const crossedPercent = crossed.at(-1)?.percent ?? counter.crossedPercent;
    this.#statements.cross.run(crossedPercent, nextCrossing(thresholds, limit, crossedPercent), counter.id);
    return crossed.map(({ percent, severity }) => ({ ...crossingOf(counter, limit), percent, severity }));
  }

  /** How many of windows were made since this was asked last. */
  takeMadeOfWindows(): number {
    const made = this.#madeOfWindows;
    this.#madeOfWindows = 0;
    return made;
  }

  /** Forgets windows that ended before. */
  removeEnded(beforeMs: number, max: number): void {
    this.#statements.removeEnded.run(beforeMs, max);
  }

  #missing(scope: Scope, unit: Unit, counters: readonly Counter[], atMs: number, nowMs: number): Counter[] {
    const isMissing = (window: Window) => !counters.some((counter) => isSameWindow(counter.window, window));
    const missing = isMissing(null) ? [this.#unmade({ scope, unit, window: null }, atMs)] : [];
    for (const row of this.#statements.windows.all(scope, unit) as WindowRow[]) {
      const window = windowOf(row.every, row.time_zone);
      if (!isMissing(window) || this.spanAt(window, nowMs).startsAtMs > atMs) continue;
      missing.push(this.#unmade({ scope, unit, window }, atMs, row));
    }
    return missing;
  }

  #unmade(key: LimitKey, atMs: number, limit: WindowRow | null = null): Counter {
    return {
      id: null,
      crossedPercent: 0,
      lastUsedAtMs: 0,
      ...key,
      ...this.spanAt(key.window, atMs),
      ...this.uncounted(key, atMs),
      limit: limit && { ...key, limit: limit.amount, thresholds: this.thresholdsIn(limit.thresholds) },
    };
  }
}

const nothing: Move = { used: 0n, held: 0n, overrun: 0n };

function crossingOf({ scope, unit, window, used, endsAtMs }: Counter, limit: bigint) {
  return { scope, unit, window, limit, used, resetsAtMs: resetOf(endsAtMs) };
}

function prepare(database: Database) {
  const withLimit = `SELECT ${counterColumns} FROM counters c ${joinLimit}`;
  const isAt = (of = '') => `${of}scope = ? AND ${of}unit = ? AND ${of}ends_at_ms > ? AND ${of}starts_at_ms <= ?`;
  return {
    at: database.prepare(`${withLimit} WHERE ${isAt('c.')}`).raw(),
    reached: database.prepare(`${withLimit} WHERE ${isAt('c.')} AND c.used >= c.tells_at AND c.ends_at_ms > ?`).raw(),
    windows: database.prepare(
      `SELECT every, time_zone, amount, thresholds FROM limits WHERE scope = ? AND unit = ? AND every <> ''`,
    ),
    make: database.prepare(
      `INSERT INTO counters (scope, unit, every, time_zone, starts_at_ms, ends_at_ms, tells_at, used, held, overrun)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    correct: database.prepare(
      `UPDATE counters SET used = used + iif(reset_at > ?, 0, ?), forgotten_used = forgotten_used - iif(reset_at > ?, ?, 0)
       WHERE ${isAt()}`,
    ),
    countReset: database.prepare('UPDATE state SET resets = resets + 1 RETURNING resets').pluck(),
    resets: database.prepare('SELECT resets FROM state').pluck(),
    resetLifetime: database.prepare(
      `UPDATE counters SET forgotten_used = forgotten_used - used, forgotten_overrun = forgotten_overrun - overrun,
         used = 0, overrun = 0, crossed_percent = 0, tells_at = 0, reset_at = ?
       WHERE scope = ? AND unit = ? AND ends_at_ms = ?`,
    ),
    removeEmpty: database.prepare(
      `DELETE FROM counters WHERE scope = @scope
         AND NOT EXISTS (SELECT 1 FROM limits WHERE scope = @scope)
         AND NOT EXISTS (SELECT 1 FROM counters WHERE scope = @scope AND (used <> 0 OR held <> 0 OR overrun <> 0
           OR crossed_percent <> 0 OR forgotten_used <> 0 OR forgotten_overrun <> 0))`,
    ),
    forget: database.prepare(
      `UPDATE counters SET forgotten_used = forgotten_used + ?, forgotten_overrun = forgotten_overrun + ? WHERE ${isAt()}`,
    ),
    cross: database.prepare('UPDATE counters SET crossed_percent = ?, tells_at = ? WHERE id = ?'),
    removeEnded: database.prepare(
      `DELETE FROM counters WHERE id IN (SELECT id FROM counters WHERE every <> '' AND ends_at_ms < ? AND held = 0 LIMIT ?)`,
    ),
  };
}
