import type { Unit } from '../../amounts.js';
import type { Limit, LimitKey } from '../../limit.js';
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

/** In the order of `counterColumns`. */
export type CounterRow = readonly [
  ...[id: bigint, unit: Unit, every: string, timeZone: string, startsAtMs: bigint, endsAtMs: bigint],
  ...[used: bigint, held: bigint, overrun: bigint, crossedPercent: bigint, lastUsedAtMs: bigint],
  ...[limit: bigint | null, thresholds: string | null],
];

/** Of a counter `c` and its limit `l`, for a statement in raw mode: arrays are read much faster than objects. */
export const counterColumns = `c.id, c.unit, c.every, c.time_zone, c.starts_at_ms, c.ends_at_ms,
  c.used, c.held, c.overrun, c.crossed_percent, c.last_used_at_ms, l.amount, l.thresholds`;

/** Of a counter `c` the limit `l`, where it has one. */
export const joinLimit =
  'LEFT JOIN limits l ON l.scope = c.scope AND l.unit = c.unit AND l.every = c.every AND l.time_zone = c.time_zone';

export function counterOf(scope: Scope, row: CounterRow, thresholdsIn: ThresholdReader): Counter {
  const [id, unit, every, timeZone, startsAtMs, endsAtMs, used, held, overrun, crossedPercent, lastUsedAtMs] = row;
  const window = windowOf(every, timeZone);
  return {
    id,
    scope,
    unit,
    window,
    startsAtMs: Number(startsAtMs),
    endsAtMs: Number(endsAtMs),
    used,
    held,
    overrun,
    crossedPercent: Number(crossedPercent),
    lastUsedAtMs: Number(lastUsedAtMs),
    limit: limitOf({ scope, unit, window }, row[11], row[12], thresholdsIn),
  };
}

function limitOf(
  key: LimitKey,
  limit: bigint | null,
  thresholds: string | null,
  thresholdsIn: ThresholdReader,
): Limit | null {
  return limit === null || thresholds === null ? null : { ...key, limit, thresholds: thresholdsIn(thresholds) };
}
