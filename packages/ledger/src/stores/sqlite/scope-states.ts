import type { Database, Statement } from 'better-sqlite3';
import { remainingOf } from '../../admission.js';
import { type Unit, units } from '../../amounts.js';
import type { Scope } from '../../scope.js';
import type { LimitState, ScopeState } from '../../store.js';
import { isSameWindow, resetOf, windowOf } from '../window-columns.js';
import type { LimitsInSqlite } from './limits-in-sqlite.js';

interface LimitRow {
  readonly scope: string;
  readonly unit: Unit;
  readonly every: string;
  readonly time_zone: string;
  readonly amount: bigint;
  readonly thresholds: string;
}

/** What a ledger shows of its scopes. Changes nothing. */
export class ScopeStates {
  readonly #limits: LimitsInSqlite;
  readonly #limitsOf: Statement;

  constructor(database: Database, limits: LimitsInSqlite) {
    this.#limits = limits;
    this.#limitsOf = database.prepare('SELECT * FROM limits WHERE scope = ? ORDER BY unit, every, time_zone');
  }

  read(scope: Scope, nowMs: number): ScopeState | null {
    const { counters, scopes } = this.#limits;
    const parent = scopes.parentOf(scope);
    // Never used, or removed; the reservations of a removed one may still be counted.
    if (parent === undefined) return null;
    const usage = units.flatMap((unit) => {
      const counter = counters.at(scope, unit, nowMs).find(({ window }) => window === null);
      if (counter === undefined) return [];
      return [{ unit, used: counter.used, held: counter.held, overrun: counter.overrun }];
    });
    const limits = (this.#limitsOf.all(scope) as LimitRow[]).map((limit) => this.#limitState(limit, nowMs));
    return { scope, parent, limits, usage };
  }

  list(after: Scope | null, max: number, nowMs: number): ScopeState[] {
    return this.#limits.scopes.after(after, max).flatMap((scope) => this.read(scope, nowMs) ?? []);
  }

  #limitState(row: LimitRow, nowMs: number): LimitState {
    const { counters } = this.#limits;
    const window = windowOf(row.every, row.time_zone);
    const { scope, unit, amount: limit } = row;
    const counter = counters.at(scope, unit, nowMs).find((each) => isSameWindow(each.window, window));
    const { used, held, overrun } = counter ?? counters.uncounted({ scope, unit, window }, nowMs);
    const resetsAtMs = resetOf(counters.spanAt(window, nowMs).endsAtMs);
    const thresholds = counters.thresholdsIn(row.thresholds);
    const remaining = remainingOf({ limit, used, held });
    return { scope, unit, window, limit, thresholds, used, held, overrun, remaining, resetsAtMs };
  }
}
