import type { Unit } from '../../amounts.js';
import type { Limit } from '../../limit.js';
import type { Scope } from '../../scope.js';
import type { Window } from '../../window.js';
import type { ThresholdReader } from '../threshold-reader.js';
import { windowOf } from '../window-columns.js';

/** What is used and held of one scope and unit in one window, and the limit on it, if there is one. */
export interface Counter {
  /** `null` as long as it is not made: what it would count then. */
  readonly id: bigint | null;
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

export interface CounterRow {
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
  /** Of its limit. */
  readonly amount: bigint | null;
  readonly thresholds: string | null;
}

export function counterOf(row: CounterRow, thresholdsIn: ThresholdReader): Counter {
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
