import { CodedError } from '@budget/core';
import { checkedAmount, isUnit, type Unit, units } from './amounts.js';
import { checkedScope, type Scope, unfitForNames } from './scope.js';
import { checkedWindow, type Window } from './window.js';

/** What one scope may use of one unit in one kind of window. The three together are its key. */
export interface Limit extends LimitKey {
  readonly limit: bigint;
  /** Ascending by percent. */
  readonly thresholds: readonly Threshold[];
}

export interface LimitKey {
  readonly scope: Scope;
  readonly unit: Unit;
  readonly window: Window;
}

/** Told once in each window, when what is used reaches its part of the limit. */
export interface Threshold {
  /** A whole number from 1 to 100. */
  readonly percent: number;
  /** Without control characters, as it stands in lines of a log. */
  readonly severity: string;
}

export interface LimitInput {
  readonly scope: string;
  readonly unit: Unit;
  readonly limit: number | bigint;
  /** Default: for ever. */
  readonly window?: Window | undefined;
  /** Default: 75 % `warning`, 90 % `critical`, 95 % `final`. */
  readonly thresholds?: readonly Threshold[] | undefined;
}

export const defaultThresholds: readonly Threshold[] = [
  { percent: 75, severity: 'warning' },
  { percent: 90, severity: 'critical' },
  { percent: 95, severity: 'final' },
];

/** A thousand million dollars. */
export const MAX_LIMIT = 10n ** 18n;
const MAX_THRESHOLDS = 20;

/** @throws CodedError `limit_invalid`, `scope_invalid`, `amount_invalid`, `window_invalid` */
export function checkedLimit(input: LimitInput): Limit {
  const { thresholds = defaultThresholds } = input;
  return {
    ...checkedLimitKey(input),
    limit: checkedAmount('limit', input.limit, MAX_LIMIT),
    thresholds: checkedThresholds(thresholds),
  };
}

/** @throws CodedError `limit_invalid`, `scope_invalid`, `window_invalid` */
export function checkedLimitKey({ scope, unit, window }: Omit<LimitInput, 'limit' | 'thresholds'>): LimitKey {
  if (!isUnit(unit)) throw invalidLimit(`'${String(unit)}' is no unit. The units are ${units.join(', ')}.`);
  return { scope: checkedScope(scope), unit, window: checkedWindow(window) };
}

function checkedThresholds(given: readonly Threshold[]): readonly Threshold[] {
  const isList = Array.isArray(given) && given.length <= MAX_THRESHOLDS;
  const isRight = isList && given.every((each) => isPercent(each?.percent) && isSeverity(each.severity));
  const isDistinct = isRight && new Set(given.map(({ percent }) => percent)).size === given.length;
  if (!isDistinct) {
    throw invalidLimit(
      `Thresholds are a list of at most ${MAX_THRESHOLDS}, such as { percent: 80, severity: 'warning' }: whole percents from 1 to 100, each once, and severities without control characters.`,
    );
  }
  return given
    .map(({ percent, severity }) => ({ percent, severity }))
    .sort((first, second) => first.percent - second.percent);
}

function isPercent(percent: unknown): boolean {
  return Number.isInteger(percent) && (percent as number) >= 1 && (percent as number) <= 100;
}

function isSeverity(severity: unknown): boolean {
  return typeof severity === 'string' && !unfitForNames.test(severity);
}

function invalidLimit(message: string): CodedError {
  return new CodedError({ code: 'limit_invalid', kind: 'input', message });
}
