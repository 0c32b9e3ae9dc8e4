import type { Amounts } from './amounts.js';
import type { Scope } from './scope.js';

/**
 * An amount set aside before a call. `held`: nothing has left yet; `sent`: the request may have been billed;
 * `settled`, `released`, `expired`: over. Of what expired, a sent one is booked whole until somebody settles it.
 */
export type ReservationStatus = 'held' | 'sent' | 'settled' | 'released' | 'expired';

export interface Reservation {
  readonly id: string;
  readonly status: ReservationStatus;
  /** Those that were asked for and their ancestors at that time, sorted. */
  readonly scopes: readonly Scope[];
  /** What was asked for, on each of the scopes. */
  readonly amounts: Amounts;
  readonly reservedAtMs: number;
  /** When the hold ends by itself, by the store's clock. */
  readonly expiresAtMs: number;
  readonly sentAtMs: number | null;
  readonly resolvedAtMs: number | null;
  /** What counts as used; `null` while held or sent, and after a release. */
  readonly booked: Amounts | null;
  /** The part of what is booked that went beyond the hold. */
  readonly overrun: Amounts;
  /** Booked at the whole hold, because nobody said what was used. */
  readonly isEstimated: boolean;
}

/** Why a reservation was not made: the first limit that has no room. */
export interface Refusal {
  readonly scope: Scope;
  readonly unit: keyof Amounts;
  /** 2^63 - 1, the most that can be counted, where there is no limit. */
  readonly limit: bigint;
  readonly used: bigint;
  readonly held: bigint;
  readonly asked: bigint;
  /** `null` where the limit is for life. */
  readonly resetsAtMs: number | null;
}
