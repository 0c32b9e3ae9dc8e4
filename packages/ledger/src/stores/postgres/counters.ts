import { isCountable } from '../../admission.js';
import type { Unit } from '../../amounts.js';
import { counterFull } from '../../budget-errors.js';
import type { Limit, LimitKey } from '../../limit.js';
import type { Move } from '../../reservation-change.js';
import type { Scope } from '../../scope.js';
import { newlyCrossed, stillCrossed, type ThresholdCrossing } from '../../threshold-crossing.js';
import type { Window } from '../../window.js';
import { isSameWindow, resetOf, windowOf } from '../window-columns.js';
import { counterValues, MAKE_SCOPES, WRITE_COUNTERS } from './counter-statements.js';
import type { Transaction } from './transaction.js';
import type { WindowSpans } from './window-spans.js';
import { sumOfWindow } from './window-sum.js';

/** What is used and held of one scope and unit in one window. */
export interface Counter {
  readonly scope: Scope;
  readonly unit: Unit;
  readonly window: Window;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  used: bigint;
  held: bigint;
  overrun: bigint;
  forgottenUsed: bigint;
  forgottenOverrun: bigint;
  readonly resetAt: bigint;
  crossedPercent: number;
  lastUsedAtMs: number;
}

export interface CounterColumns {
  readonly scope: string;
  readonly unit: Unit;
  readonly every: string;
  readonly time_zone: string;
  readonly starts_at_ms: bigint;
  readonly ends_at_ms: bigint;
  readonly used: bigint;
  readonly held: bigint;
  readonly overrun: bigint;
  readonly forgotten_used: bigint;
  readonly forgotten_overrun: bigint;
  readonly reset_at: bigint;
  readonly crossed_percent: bigint;
  readonly last_used_at_ms: bigint;
}

export interface CountersOf {
  readonly transaction: Transaction;
  readonly spans: WindowSpans;
  /** By scope, those whose rows are locked. */
  readonly locked: ReadonlyMap<Scope, Scope | null>;
  readonly limits: readonly Limit[];
  readonly rows: readonly CounterColumns[];
}

/** Counters of locked scopes, which are moved here and written back whole at the end of the transaction. */
export class Counters {
  readonly #of: CountersOf;
  #limits: readonly Limit[];
  readonly #counters: Counter[];
  readonly #changed = new Set<Counter>();
  readonly #needed = new Set<Scope>();

  constructor(of: CountersOf) {
    this.#of = of;
    this.#limits = of.limits;
    this.#counters = of.rows.map(counterOf);
  }

  /** All counters of a moment: for life, and of each window that holds it. */
  at(scope: Scope, unit: Unit, atMs: number): Counter[] {
    return this.#counters.filter(
      (each) => each.scope === scope && each.unit === unit && each.startsAtMs <= atMs && atMs < each.endsAtMs,
    );
  }

  /** As `at`, with those that are not made yet. Not of a window that is over: nobody asks for it any more. */
  async expectedAt(scope: Scope, unit: Unit, atMs: number, nowMs = atMs): Promise<Counter[]> {
    const counters = this.at(scope, unit, atMs);
    const ofLimits = this.#limits.filter((limit) => limit.scope === scope && limit.unit === unit);
    const windows = [null, ...ofLimits.flatMap(({ window }) => window ?? [])];
    for (const window of windows) {
      if (counters.some((counter) => isSameWindow(counter.window, window))) continue;
      if (this.#of.spans.at(window, nowMs).startsAtMs > atMs) continue;
      counters.push(await this.#unmade({ scope, unit, window }, atMs));
    }
    return counters;
  }

  async ensureAt(scope: Scope, unit: Unit, atMs: number, nowMs = atMs): Promise<void> {
    for (const counter of await this.expectedAt(scope, unit, atMs, nowMs)) {
      if (!this.#counters.includes(counter)) this.#keep(counter);
    }
  }

  limitsOf(scope: Scope): readonly Limit[] {
    return this.#limits.filter((limit) => limit.scope === scope);
  }

  limitOf({ scope, unit, window }: LimitKey): Limit | null {
    const isOf = (limit: Limit) => limit.scope === scope && limit.unit === unit && isSameWindow(limit.window, window);
    return this.#limits.find(isOf) ?? null;
  }

  /** Sets a limit here too. What is used of it may reach thresholds by that. */
  async limit(limit: Limit, nowMs: number): Promise<ThresholdCrossing[]> {
    const { scope, unit, window } = limit;
    const before = this.limitOf(limit);
    this.#limits = [...this.#limits.filter((each) => each !== before), limit];
    // The other windows are counted from now on too, and so is life: whoever moves one of them must find all.
    await this.ensureAt(scope, unit, nowMs);
    const counter = this.at(scope, unit, nowMs).find((each) => isSameWindow(each.window, window)) as Counter;
    // What the changed limit puts out of reach again may be crossed again.
    counter.crossedPercent = stillCrossed(counter.crossedPercent, { used: counter.used, limit: limit.limit });
    this.#keep(counter);
    return this.cross(counter);
  }

  hold(counter: Counter, amount: bigint, atMs: number): void {
    counter.held += amount;
    counter.lastUsedAtMs = Math.max(counter.lastUsedAtMs, atMs);
    this.#keep(counter);
  }

  /** Moves all counters of a moment. Says whether there are any. @throws CodedError `counter_full` */
  move(scope: Scope, unit: Unit, atMs: number, { used, held, overrun }: Move): boolean {
    const counters = this.at(scope, unit, atMs);
    for (const counter of counters) {
      if (!isCountable(counter, { used, held, overrun })) throw counterFull(scope, unit);
      counter.used += used;
      counter.held += held;
      counter.overrun += overrun;
      counter.lastUsedAtMs = Math.max(counter.lastUsedAtMs, atMs);
      this.#keep(counter);
    }
    return counters.length > 0;
  }

  /**
   * As `move`, for an estimate that was too high (`used` is negative). A counter that began anew after the estimate was
   * booked does not count it any more: taking it off once more would make room that there is not.
   */
  correct(scope: Scope, unit: Unit, atMs: number, used: bigint, estimatedAfter: bigint): boolean {
    const counters = this.at(scope, unit, atMs);
    for (const counter of counters) {
      if (counter.resetAt > estimatedAfter) counter.forgottenUsed -= used;
      else counter.used += used;
      this.#keep(counter);
    }
    return counters.length > 0;
  }

  /** What they count stays, though the reservation behind it goes. */
  forget(scope: Scope, unit: Unit, atMs: number, used: bigint, overrun: bigint): void {
    for (const counter of this.at(scope, unit, atMs)) {
      counter.forgottenUsed += used;
      counter.forgottenOverrun += overrun;
      this.#keep(counter);
    }
  }

  /** Marks the thresholds that a counter newly reaches, and says which. */
  cross(counter: Counter): ThresholdCrossing[] {
    const limit = this.limitOf(counter);
    if (limit === null) return [];
    const { scope, unit, window, used, crossedPercent, endsAtMs } = counter;
    const crossed = newlyCrossed(limit.thresholds, { used, limit: limit.limit, crossedPercent });
    const last = crossed.at(-1);
    if (last === undefined) return [];
    counter.crossedPercent = last.percent;
    this.#keep(counter);
    const common = { scope, unit, window, limit: limit.limit, used, resetsAtMs: resetOf(endsAtMs) };
    return crossed.map(({ percent, severity }) => ({ ...common, percent, severity }));
  }

  /** The scope is to be there, though nothing may be counted on it. */
  register(scope: Scope): void {
    if (!this.#of.locked.has(scope)) this.#needed.add(scope);
  }

  /** What a window without a counter has seen all the same. */
  async uncounted({ scope, unit, window }: LimitKey, atMs: number): Promise<Move> {
    const span = this.#of.spans.at(window, atMs);
    const forLife = this.at(scope, unit, atMs).find((counter) => counter.window === null);
    const wasUsed = window !== null && forLife !== undefined && forLife.lastUsedAtMs >= span.startsAtMs;
    return wasUsed ? sumOfWindow(this.#of.transaction, scope, unit, span) : { used: 0n, held: 0n, overrun: 0n };
  }

  /** Scopes come first: of two transactions that make the same one the second fails there, and begins again. */
  write(): void {
    const { transaction } = this.#of;
    if (this.#needed.size > 0) transaction.write(MAKE_SCOPES, [[...this.#needed].sort()]);
    if (this.#changed.size > 0) transaction.write(WRITE_COUNTERS, counterValues([...this.#changed]));
  }

  /** Nobody else moves a counter of this scope: its row is locked, or made here. */
  #keep(counter: Counter): void {
    this.register(counter.scope);
    if (!this.#counters.includes(counter)) this.#counters.push(counter);
    this.#changed.add(counter);
  }

  async #unmade(key: LimitKey, atMs: number): Promise<Counter> {
    return {
      ...{ forgottenUsed: 0n, forgottenOverrun: 0n, resetAt: 0n, crossedPercent: 0, lastUsedAtMs: 0 },
      ...key,
      ...this.#of.spans.at(key.window, atMs),
      ...(await this.uncounted(key, atMs)),
    };
  }
}

function counterOf(row: CounterColumns): Counter {
  return {
    ...{ scope: row.scope, unit: row.unit, window: windowOf(row.every, row.time_zone) },
    ...{ startsAtMs: Number(row.starts_at_ms), endsAtMs: Number(row.ends_at_ms) },
    ...{ used: row.used, held: row.held, overrun: row.overrun },
    ...{ forgottenUsed: row.forgotten_used, forgottenOverrun: row.forgotten_overrun, resetAt: row.reset_at },
    crossedPercent: Number(row.crossed_percent),
    lastUsedAtMs: Number(row.last_used_at_ms),
  };
}
