import type { Limit } from './limit.js';
import type { Refusal } from './reservation.js';

export interface Balance {
  readonly limit: Limit;
  readonly used: bigint;
  readonly held: bigint;
  readonly resetsAtMs: number | null;
}

/**
 * Why an amount does not fit, or `null` where it does. Equality fits. Nothing else decides: whatever was overrun before,
 * a limit that has room admits.
 */
export function refusalOf({ limit, used, held, resetsAtMs }: Balance, asked: bigint): Refusal | null {
  if (used + held + asked <= limit.limit) return null;
  return { scope: limit.scope, unit: limit.unit, limit: limit.limit, used, held, asked, resetsAtMs };
}

export function remainingOf({
  limit,
  used,
  held,
}: Pick<Balance, 'used' | 'held'> & { readonly limit: bigint }): bigint {
  const remaining = limit - used - held;
  return remaining > 0n ? remaining : 0n;
}
