import type { Database, Statement } from 'better-sqlite3';
import type { Unit } from '../../amounts.js';
import type { Limit, LimitKey } from '../../limit.js';
import type { Move } from '../../reservation-change.js';
import type { Scope } from '../../scope.js';
import { newlyCrossed, nextCrossing, type ThresholdCrossing } from '../../threshold-crossing.js';
import { type Window, windowAt } from '../../window.js';
import { FOREVER_MS } from './schema.js';
import { type ThresholdReader, thresholdReader } from './threshold-reader.js';

/** What is used and held of one scope and unit in one window, and the limit on it, if there is one. */
export interface Counter {
  readonly id: bigint;
  readonly scope: Scope;
  readonly unit: Unit;
  readonly window: Window;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly used: bigint;
  readonly held: bigint;
  readonly overrun: bigint;
  readonly crossedPercent: number;
  readonly lastUsedAtMs: number;
  readonly limit: Limit | null;
}

interface CounterRow {
  readonly id: bigint;
  readonly scope: string;
  readonly unit: string;
  readonly every: string;
  readonly time_zone: string;
  readonly starts_at_ms: bigint;
  readonly ends_at_ms: bigint;
  readonly used: bigint;
  readonly held: bigint;
  readonly overrun: bigint;
  readonly crossed_percent: bigint;
  readonly last_used_at_ms: bigint;
  readonly amount: bigint | null;
  readonly thresholds: string | null;
}

/** What the reservations of a window add up to. */
type SumOf = (scope: Scope, unit: Unit, span: { startsAtMs: number; endsAtMs: number }) => Move;

const COUNTER_WITH_LIMIT = `
  SELECT c.*, l.amount, l.thresholds FROM counters c
  LEFT JOIN limits l ON l.scope = c.scope AND l.unit = c.unit AND l.every = c.every AND l.time_zone = c.time_zone`;

/** Counters and the limits on them. Every statement runs inside the caller's transaction. */
export class Counters {
  readonly thresholdsIn: ThresholdReader = thresholdReader();
  readonly #at: Statement;
  readonly #hasWindows: Statement;
  readonly #windows: Statement;
  readonly #make: Statement;
  readonly #move: Statement;
  readonly #forget: Statement;
  readonly #cross: Statement;
  readonly #reached: Statement;
  readonly #moveOne: Statement;
  readonly #hold: Statement;
  readonly #removeEmpty: Statement;
  readonly #sumOf: SumOf;
  readonly #ended: Statement;
  /** Asking for a window takes longer than all statements of a reservation, and it changes once a day. */
  readonly #spans = new Map<string, { startsAtMs: number; endsAtMs: number }>();

  constructor(database: Database, sumOf: SumOf) {
    this.#sumOf = sumOf;
    const isAt = (of = '') => `${of}scope = ? AND ${of}unit = ? AND ${of}ends_at_ms > ? AND ${of}starts_at_ms <= ?`;
    this.#at = database.prepare(`${COUNTER_WITH_LIMIT} WHERE ${isAt('c.')}`);
    this.#hasWindows = database.prepare(`SELECT 1 FROM limits WHERE scope = ? AND unit = ? AND every <> '' LIMIT 1`);
    this.#windows = database.prepare(
      `SELECT every, time_zone FROM limits WHERE scope = ? AND unit = ? AND every <> ''`,
    );
    this.#make = database.prepare(
      `INSERT INTO counters (scope, unit, every, time_zone, starts_at_ms, ends_at_ms, tells_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#move = database.prepare(
      `UPDATE counters SET used = used + ?, held = held + ?, overrun = overrun + ?,
         last_used_at_ms = max(last_used_at_ms, ?) WHERE ${isAt()}`,
    );
    this.#moveOne = database.prepare(
      'UPDATE counters SET used = used + ?, held = held + ?, overrun = overrun + ? WHERE id = ?',
    );
    this.#hold = database.prepare(
      'UPDATE counters SET held = held + ?, last_used_at_ms = max(last_used_at_ms, ?) WHERE id = ?',
    );
    this.#removeEmpty = database.prepare(
      `DELETE FROM counters WHERE scope = @scope
         AND NOT EXISTS (SELECT 1 FROM limits WHERE scope = @scope)
         AND NOT EXISTS (SELECT 1 FROM counters WHERE scope = @scope AND (used <> 0 OR held <> 0 OR overrun <> 0
           OR crossed_percent <> 0 OR forgotten_used <> 0 OR forgotten_overrun <> 0))`,
    );
    this.#forget = database.prepare(
      `UPDATE counters SET forgotten_used = forgotten_used + ?, forgotten_overrun = forgotten_overrun + ? WHERE ${isAt()}`,
    );
    this.#cross = database.prepare('UPDATE counters SET crossed_percent = ?, tells_at = ? WHERE id = ?');
    this.#reached = database.prepare(`${COUNTER_WITH_LIMIT} WHERE ${isAt('c.')} AND c.used >= c.tells_at`);
    this.#ended = database.prepare(
      `DELETE FROM counters WHERE id IN (SELECT id FROM counters WHERE every <> '' AND ends_at_ms < ? AND held = 0 LIMIT ?)`,
    );
  }

  /** All counters of a moment: for life, and of each window that holds it. */
  at(scope: Scope, unit: Unit, atMs: number): Counter[] {
    return (this.#at.all(scope, unit, atMs, atMs) as CounterRow[]).map((row) => counterOf(row, this.thresholdsIn));
  }

  /** Of the counters of a moment those that may have reached a threshold. */
  reachedAt(scope: Scope, unit: Unit, atMs: number): Counter[] {
    return (this.#reached.all(scope, unit, atMs, atMs) as CounterRow[]).map((row) => counterOf(row, this.thresholdsIn));
  }

  /**
   * As `at`, after making those that are missing. Not of a window that is over: nobody asks for it any more.
   */
  ensuredAt(scope: Scope, unit: Unit, atMs: number, nowMs = atMs): Counter[] {
    const counters = this.at(scope, unit, atMs);
    const windows: Window[] = [null];
    if (this.#hasWindows.get(scope, unit) !== undefined) windows.push(...this.#windowsOf(scope, unit));
    const missing = windows.filter(
      (window) =>
        !counters.some((counter) => isSameWindow(counter.window, window)) &&
        this.spanAt(window, nowMs).startsAtMs <= atMs,
    );
    if (missing.length === 0) return counters;
    for (const window of missing) this.make({ scope, unit, window }, atMs);
    return this.at(scope, unit, atMs);
  }

  make({ scope, unit, window }: LimitKey, atMs: number): void {
    const { startsAtMs, endsAtMs } = this.spanAt(window, atMs);
    const { used, held, overrun } = this.uncounted({ scope, unit, window }, atMs);
    const key = [scope, unit, window?.every ?? '', window?.timeZone ?? ''];
    const { lastInsertRowid } = this.#make.run(...key, startsAtMs, endsAtMs, window === null ? null : 0);
    this.#moveOne.run(used, held, overrun, lastInsertRowid);
  }

  spanAt(window: Window, atMs: number): { startsAtMs: number; endsAtMs: number } {
    if (window === null) return { startsAtMs: 0, endsAtMs: FOREVER_MS };
    const key = `${window.every} ${window.timeZone}`;
    const known = this.#spans.get(key);
    if (known !== undefined && known.startsAtMs <= atMs && atMs < known.endsAtMs) return known;
    const { startsAtMs, endsAtMs } = windowAt(window, atMs);
    const span = { startsAtMs, endsAtMs: endsAtMs ?? FOREVER_MS };
    this.#spans.set(key, span);
    return span;
  }

  /** Moves all counters of a moment. Says whether there are any. */
  move(scope: Scope, unit: Unit, atMs: number, { used, held, overrun }: Move): boolean {
    return this.#move.run(used, held, overrun, atMs, scope, unit, atMs, atMs).changes > 0;
  }

  hold(id: bigint, amount: bigint, atMs: number): void {
    this.#hold.run(amount, atMs, id);
  }

  /** All of a scope, where none of them counts anything. Says whether there were any. */
  removeEmpty(scope: Scope): boolean {
    return this.#removeEmpty.run({ scope }).changes > 0;
  }

  /** What a window without a counter has seen all the same. */
  uncounted({ scope, unit, window }: LimitKey, atMs: number): Move {
    const span = this.spanAt(window, atMs);
    const forLife = this.at(scope, unit, atMs).find((counter) => counter.window === null);
    const wasUsed = window !== null && forLife !== undefined && forLife.lastUsedAtMs >= span.startsAtMs;
    return wasUsed ? this.#sumOf(scope, unit, span) : { used: 0n, held: 0n, overrun: 0n };
  }

  /** What they count stays, though the reservation behind it goes. */
  forget(scope: Scope, unit: Unit, atMs: number, used: bigint, overrun: bigint): void {
    this.#forget.run(used, overrun, scope, unit, atMs, atMs);
  }

  /** Marks the thresholds that a counter newly reaches, and says which. */
  cross(counter: Counter): ThresholdCrossing[] {
    if (counter.limit === null) return [];
    const { limit, thresholds } = counter.limit;
    const crossed = newlyCrossed(thresholds, { used: counter.used, limit, crossedPercent: counter.crossedPercent });
    const crossedPercent = crossed.at(-1)?.percent ?? counter.crossedPercent;
    this.#cross.run(crossedPercent, nextCrossing(thresholds, limit, crossedPercent), counter.id);
    return crossed.map(({ percent, severity }) => ({ ...crossingOf(counter, limit), percent, severity }));
  }

  /** Forgets windows that ended before. */
  removeEnded(beforeMs: number, max: number): void {
    this.#ended.run(beforeMs, max);
  }

  #windowsOf(scope: Scope, unit: Unit): Window[] {
    const rows = this.#windows.all(scope, unit) as { every: string; time_zone: string }[];
    return rows.map(({ every, time_zone }) => windowOf(every, time_zone));
  }
}

function crossingOf({ scope, unit, window, used, endsAtMs }: Counter, limit: bigint) {
  return { scope, unit, window, limit, used, resetsAtMs: resetOf(endsAtMs) };
}

export function resetOf(endsAtMs: number): number | null {
  return endsAtMs === FOREVER_MS ? null : endsAtMs;
}

export function windowOf(every: string, timeZone: string): Window {
  return every === '' ? null : { every: every as 'day' | 'week' | 'month', timeZone };
}

export function isSameWindow(first: Window, second: Window): boolean {
  return first?.every === second?.every && first?.timeZone === second?.timeZone;
}

function counterOf(row: CounterRow, thresholdsIn: ThresholdReader): Counter {
  const scope = row.scope;
  const unit = row.unit as Unit;
  const window = windowOf(row.every, row.time_zone);
  return {
    ...{ id: row.id, scope, unit, window, used: row.used, held: row.held, overrun: row.overrun },
    startsAtMs: Number(row.starts_at_ms),
    endsAtMs: Number(row.ends_at_ms),
    crossedPercent: Number(row.crossed_percent),
    lastUsedAtMs: Number(row.last_used_at_ms),
    limit:
      row.amount === null || row.thresholds === null
        ? null
        : { scope, unit, window, limit: row.amount, thresholds: thresholdsIn(row.thresholds) },
  };
}
