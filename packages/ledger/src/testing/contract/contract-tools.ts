import assert from 'node:assert/strict';
import type { Amounts, Unit } from '../../amounts.js';
import { defaultThresholds, type Limit } from '../../limit.js';
import type { Reservation } from '../../reservation.js';
import type { ChangeResult, LedgerStore, ReserveRequest, ReserveResult } from '../../store.js';
import type { ThresholdCrossing } from '../../threshold-crossing.js';

/** Tests by their names. After each of them the audit must find nothing, unless it has closed the store. */
export type Contract = Readonly<Record<string, (given: GivenStore) => Promise<unknown>>>;

export interface GivenStore extends ContractTools {
  readonly store: LedgerStore;
  /** Another empty one of the same kind, with the same clock; closed after the test. */
  readonly openAnother: () => Promise<LedgerStore>;
}

export interface ContractTools {
  readonly clock: { nowMs(): number; set(time: string): void; pass(durationMs: number): void };
  readonly isEqual: (found: unknown, expected: unknown) => void;
}

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

export function contractTools(): ContractTools {
  let nowMs = Date.parse('2026-06-10T12:00:00Z');
  return {
    clock: {
      nowMs: () => nowMs,
      set(time) {
        nowMs = Date.parse(time);
      },
      pass(durationMs) {
        nowMs += durationMs;
      },
    },
    isEqual: (found, expected) => assert.deepEqual(found, expected),
  };
}

/** For life and of tokens, unless told. */
export function limitOf(limit: bigint, given: Partial<Limit> = {}): Limit {
  return { scope: 'run', unit: 'tokens', window: null, thresholds: defaultThresholds, ...given, limit };
}

export function requestOf(id: string, amounts: Amounts, given: Partial<ReserveRequest> = {}): ReserveRequest {
  return { id, scopes: ['run'], amounts, expiresInMs: 5 * MINUTE_MS, ...given };
}

export function tokens(amount: bigint): Amounts {
  return { tokens: amount };
}

/** The reservation, where the verb was done. */
export function done(result: ChangeResult | ReserveResult): Reservation {
  if (result.status === 'changed' || result.status === 'reserved') return result.reservation;
  return assert.fail(`The verb was not done: ${result.status}`);
}

export async function readDone(store: LedgerStore, id: string): Promise<Reservation> {
  return (await store.readReservation(id)) ?? assert.fail(`There is no reservation ${id}`);
}

/** `[used, held, overrun]` for life. */
export async function usageOf(store: LedgerStore, scope = 'run', unit: Unit = 'tokens'): Promise<readonly bigint[]> {
  const found = (await store.readScope(scope))?.usage.find((usage) => usage.unit === unit);
  return found === undefined ? [0n, 0n, 0n] : [found.used, found.held, found.overrun];
}

/** `[used, held, overrun, remaining]` of its only limit. */
export async function limitUsageOf(store: LedgerStore, scope = 'run'): Promise<readonly bigint[]> {
  const { limits } = (await store.readScope(scope)) ?? assert.fail(`There is no scope ${scope}`);
  assert.equal(limits.length, 1);
  return limits.flatMap(({ used, held, overrun, remaining }) => [used, held, overrun, remaining]);
}

export function percentsOf(crossings: readonly ThresholdCrossing[]): readonly number[] {
  return crossings.map(({ percent }) => percent);
}
