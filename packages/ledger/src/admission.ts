import type { Unit } from './amounts.js';
import type { Refusal } from './reservation.js';
import type { Move } from './reservation-change.js';
import type { Scope } from './scope.js';

/** The most that a counter can count. No limit is as high. */
export const MAX_COUNTED = 2n ** 63n - 1n;

export interface Counted {
  readonly used: bigint;
  readonly held: bigint;
}

export interface Use extends Counted {
  readonly limit: bigint;
}

export interface Balance extends Counted {
  readonly scope: Scope;
  readonly unit: Unit;
  /** `null` where there is none. */
  readonly limit: bigint | null;
  readonly resetsAtMs: number | null;
}

/**
 * Equality fits. Nothing else decides: whatever was overrun before, a limit that has room admits. Where there is no limit, what
 * can be counted is one: a hold that could not be booked whole could never end.
 */
export function hasRoom({ limit, used, held }: Omit<Balance, 'scope' | 'unit' | 'resetsAtMs'>, asked: bigint): boolean {
  return used + held + asked <= (limit ?? MAX_COUNTED);
}

/** Why an amount does not fit, or `null` where it does. */
export function refusalOf({ scope, unit, limit, used, held, resetsAtMs }: Balance, asked: bigint): Refusal | null {
  if (hasRoom({ limit, used, held }, asked)) return null;
  return { scope, unit, limit: limit ?? MAX_COUNTED, used, held, asked, resetsAtMs };
}

/** Whether all that is held can still be booked whole after a move that adds to what is counted. One that does not always may be. */
export function isCountable({ used, held }: Counted, move: Move): boolean {
  const added = move.used + move.held;
  return added <= 0n || used + held + added <= MAX_COUNTED;
}

export function remainingOf({ limit, used, held }: Use): bigint {
  const remaining = limit - used - held;
  return remaining > 0n ? remaining : 0n;
}
