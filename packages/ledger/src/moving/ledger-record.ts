import type { Unit } from '../amounts.js';
import type { Limit } from '../limit.js';
import type { Reservation } from '../reservation.js';
import type { Scope } from '../scope.js';
import type { Window } from '../window.js';

/**
 * One thing that a ledger keeps, as it goes from one store to another. Whoever takes records over gets them in this order:
 * resets, scopes, limits, counters, reservations in the order in which they were made, threads.
 */
export type LedgerRecord =
  | ResetsRecord
  | ScopeRecord
  | LimitRecord
  | CounterRecord
  | ReservationRecord
  | ThreadUsageRecord;

/** How many resets of counters for life there were: `resetAt` and `estimatedAfter` of the others count by it. */
export interface ResetsRecord {
  readonly kind: 'resets';
  readonly count: bigint;
}

export interface ScopeRecord {
  readonly kind: 'scope';
  readonly scope: Scope;
  readonly parent: Scope | null;
}

export interface LimitRecord extends Limit {
  readonly kind: 'limit';
}

/** What is counted of one scope and unit in one window. */
export interface CounterRecord {
  readonly kind: 'counter';
  readonly scope: Scope;
  readonly unit: Unit;
  readonly window: Window;
  readonly startsAtMs: number;
  /** `null` for life. */
  readonly endsAtMs: number | null;
  readonly used: bigint;
  readonly held: bigint;
  readonly overrun: bigint;
  /** The part whose reservations are not kept any more; negative after a reset. */
  readonly forgottenUsed: bigint;
  readonly forgottenOverrun: bigint;
  /** Which reset of all this was, 0 for none. */
  readonly resetAt: bigint;
  /** Of the highest threshold that was told. */
  readonly crossedPercent: number;
  readonly lastUsedAtMs: number;
}

export interface ReservationRecord extends Omit<Reservation, 'isEstimated'> {
  readonly kind: 'reservation';
  /** Without ancestors: tells a repeated request from another one. */
  readonly askedScopes: readonly Scope[];
  /** How many resets there had been when its estimate was booked; `null` where nothing is estimated. */
  readonly estimatedAfter: bigint | null;
}

/** What a thread consumed, beside what its scope counts. */
export interface ThreadUsageRecord {
  readonly kind: 'thread';
  readonly threadId: string;
  readonly promptTokens: bigint;
  readonly completionTokens: bigint;
  readonly requestCount: bigint;
  readonly usedAtMs: number;
}
