import { CodedError, parseDecimal } from '@budget/core';
import type { CalendarWindow, Threshold, Unit } from '@budget/ledger';

export interface LimitsSetOptions {
  readonly unit?: string;
  readonly limit?: string;
  readonly window?: CalendarWindow['every'] | 'lifetime';
  readonly timeZone?: string;
  readonly threshold?: readonly string[];
  readonly parent?: string;
  readonly remove?: boolean;
}

/** What `limits set` is to do: each part may be missing, and one is there. */
export interface LimitChange {
  readonly set?: LimitName & { readonly amount: bigint; readonly thresholds?: readonly Threshold[] };
  readonly remove?: LimitName;
  /** `null`: under no parent any more. */
  readonly parent?: string | null;
}

export interface LimitName {
  readonly unit: Unit;
  /** `null`: for life. */
  readonly every: CalendarWindow['every'] | null;
  readonly timeZone?: string;
}

const ledgerUnits: Readonly<Record<string, Unit>> = {
  usd: 'nanoUsd',
  nano_usd: 'nanoUsd',
  tokens: 'tokens',
  calls: 'calls',
};

/** @throws CodedError of kind `usage` where the options do not fit together. */
export function limitChange(options: LimitsSetOptions): LimitChange {
  const { limit, remove = false, parent } = options;
  const change = remove
    ? { remove: removedLimit(options) }
    : limit === undefined
      ? {}
      : { set: newLimit(options, limit) };
  if (limit === undefined && !remove) refuseNeedless(options);
  if (parent !== undefined) return { ...change, parent: parent === 'none' ? null : parent };
  if (limit !== undefined || remove) return change;
  throw wrongUsage('Nothing to set. Say --unit with --limit, or --parent, or --remove with the --unit of a limit.');
}

function newLimit(options: LimitsSetOptions, limit: string): NonNullable<LimitChange['set']> {
  const { unit, threshold } = options;
  if (unit === undefined) throw wrongUsage('--limit needs --unit: usd, tokens or calls.');
  const thresholds = threshold === undefined ? {} : { thresholds: thresholdsOf(threshold) };
  return { ...limitName(options, unit), ...thresholds, amount: amountOf(unit, limit) };
}

function removedLimit(options: LimitsSetOptions): LimitName {
  const { unit, limit, threshold } = options;
  if (limit !== undefined || threshold !== undefined) throw wrongUsage('--remove takes no --limit and no --threshold.');
  if (unit === undefined)
    throw wrongUsage('--remove needs the --unit of the limit, and its --window where it has one.');
  return limitName(options, unit);
}

function refuseNeedless({ unit, window, timeZone, threshold }: LimitsSetOptions): void {
  const needless = { '--unit': unit, '--window': window, '--time-zone': timeZone, '--threshold': threshold };
  const name = Object.entries(needless).find(([, value]) => value !== undefined)?.[0];
  if (name !== undefined) throw wrongUsage(`${name} is of a limit. Say how much with --limit, or --remove.`);
}

function limitName({ window = 'lifetime', timeZone }: LimitsSetOptions, unit: string): LimitName {
  const every = window === 'lifetime' ? null : window;
  if (every === null && timeZone !== undefined) {
    throw wrongUsage('--time-zone is of a window: say --window day, week or month.');
  }
  return { unit: ledgerUnits[unit] as Unit, every, ...(timeZone === undefined ? {} : { timeZone }) };
}

/** More than 1,000 characters, or an exponent beyond 400, are no amount: so these digits hold every one exactly. */
const EXACT_SCALE = 1400;

/** Of every unit; a thousand million dollars. */
const MAX_LIMIT = 10n ** 18n;

/** Dollars become nano-USD, rounded down: a limit must never be more than was asked for. */
function amountOf(unit: string, given: string): bigint {
  const isUsd = unit === 'usd';
  const exact = parseDecimal(given, EXACT_SCALE)?.units;
  const divisor = 10n ** BigInt(isUsd ? EXACT_SCALE - 9 : EXACT_SCALE);
  if (exact === undefined || exact < 0n || (!isUsd && exact % divisor !== 0n)) {
    const shape = isUsd ? 'an amount of dollars such as 5 or 0.25' : `a whole number of ${unit}`;
    throw wrongUsage(`--limit is ${JSON.stringify(given)}, which is not ${shape}.`);
  }
  const amount = exact / divisor;
  if (amount <= MAX_LIMIT) return amount;
  throw wrongUsage(
    `--limit is ${JSON.stringify(given)}, which is more than a limit can be: ${isUsd ? MAX_LIMIT / 10n ** 9n : MAX_LIMIT} ${unit}.`,
  );
}

function thresholdsOf(given: readonly string[]): readonly Threshold[] {
  if (given.length === 1 && given[0] === 'none') return [];
  const thresholds = given.map((each) => {
    const [, percent, severity] = /^(\d{1,3})%?=(\S.*)$/.exec(each) ?? [];
    if (severity !== undefined && Number(percent) >= 1 && Number(percent) <= 100) {
      return { percent: Number(percent), severity };
    }
    throw wrongUsage(
      `--threshold is ${JSON.stringify(each)}. Write a percent from 1 to 100 and a word, as in 80=warning, or none.`,
    );
  });
  const percents = thresholds.map(({ percent }) => percent);
  const twice = percents.find((percent, index) => percents.indexOf(percent) < index);
  if (twice !== undefined) throw wrongUsage(`--threshold says twice what happens at ${twice}%. Say each percent once.`);
  return thresholds;
}

export function unknownTimeZone(timeZone: string): CodedError {
  return wrongUsage(`${JSON.stringify(timeZone)} is no time zone. Use a name such as 'Europe/Paris' or 'UTC'.`);
}

function wrongUsage(message: string): CodedError {
  return new CodedError({ code: 'limit_options', kind: 'usage', message });
}
