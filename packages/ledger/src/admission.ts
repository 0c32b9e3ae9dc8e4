import type { Limit } from './limit.js';
import type { Refusal } from './reservation.js';

export interface Use {
  readonly limit: bigint;
  readonly used: bigint;
  readonly held: bigint;
}

export interface Balance {
  readonly limit: Limit;
  readonly used: bigint;
  readonly held: bigint;
  readonly resetsAtMs: number | null;
}

/** Equality fits. Nothing else decides: whatever was overrun before, a limit that has room admits. */
export function hasRoom({ limit, used, held }: Use, asked: bigint): boolean {
  return used + held + asked <= limit;
}

/** Why an amount does not fit, or `null` where it does. */
export function refusalOf({ limit, used, held, resetsAtMs }: Balance, asked: bigint): Refusal | null {
  if (hasRoom({ limit: limit.limit, used, held }, asked)) return null;
  return { scope: limit.scope, unit: limit.unit, limit: limit.limit, used, held, asked, resetsAtMs };
}

export function remainingOf({ limit, used, held }: Use): bigint {
  const remaining = limit - used - held;
  return remaining > 0n ? remaining : 0n;
}
