import { isDeepStrictEqual } from 'node:util';
import { type Amounts, units } from '../amounts.js';
import type { Refusal, Reservation } from '../reservation.js';
import type { LimitState, ScopeState } from '../store.js';
import type { ThresholdCrossing } from '../threshold-crossing.js';

/** What a verb resolves to, as far as the contract decides it. */
interface Comparable {
  readonly refusal?: Refusal;
  readonly refusals?: readonly Refusal[];
  readonly crossings?: readonly ThresholdCrossing[];
  readonly reservation?: Reservation;
  readonly overrun?: Amounts;
}

/** Whether a store said what the oracle says. */
export function isSameResult(stores: unknown, oracles: unknown): boolean {
  const [found, expected] = [stores, oracles] as [Comparable | null, Comparable | null];
  if (expected?.refusals !== undefined) {
    const isOneOfThem = expected.refusals.some((refusal) => isDeepStrictEqual(refusal, found?.refusal));
    return isOneOfThem && isDeepStrictEqual(comparable(found?.crossings), comparable(expected.crossings));
  }
  return isDeepStrictEqual(comparable(found), comparable(expected));
}

/** The order among limits is open, that of one limit's thresholds is not; no overrun is the same as one of nothing. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return [...value].sort(byLimit).map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const { crossings, reservation, overrun } = value as Comparable;
  return {
    ...value,
    ...(crossings && { crossings: comparable(crossings) }),
    ...(reservation && { reservation: comparable(reservation) }),
    ...(typeof overrun === 'object' && { overrun: withoutNothing(overrun) }),
  };
}

/** A scope on which there is nothing is the same as none. */
export function comparableScope(state: ScopeState | null): unknown {
  if (state === null) return null;
  const usage = state.usage.filter(({ used, held, overrun }) => used !== 0n || held !== 0n || overrun !== 0n);
  if (state.parent === null && state.limits.length === 0 && usage.length === 0) return null;
  return { ...state, usage, limits: [...state.limits].sort(byLimit) };
}

function byLimit(first: LimitState | ThresholdCrossing, second: LimitState | ThresholdCrossing): number {
  const [firstText, secondText] = [limitText(first), limitText(second)];
  return firstText < secondText ? -1 : firstText > secondText ? 1 : 0;
}

function limitText({ scope, unit, window, resetsAtMs }: LimitState | ThresholdCrossing): string {
  return `${scope} ${unit} ${window?.every} ${window?.timeZone} ${resetsAtMs}`;
}

function withoutNothing(amounts: Amounts): Amounts {
  return Object.fromEntries(
    units.flatMap((unit) => ((amounts[unit] ?? 0n) === 0n ? [] : [[unit, amounts[unit]] as const])),
  );
}
