import { CodedError } from '@budget/core';
import { Temporal } from 'temporal-polyfill';
import { shown } from './shown.js';

/** For how long a limit counts before it starts anew: a calendar day, week (from Monday) or month of a time zone. */
export interface CalendarWindow {
  readonly every: 'day' | 'week' | 'month';
  /** An IANA name such as `Europe/Paris`. Days there have 23, 24 or 25 hours, and some begin at 01:00. */
  readonly timeZone: string;
}

/** `null` counts for ever. */
export type Window = CalendarWindow | null;

export interface WindowSpan {
  readonly startsAtMs: number;
  /** The first moment of the next window; `null` for a lifetime. */
  readonly endsAtMs: number | null;
}

const namesOfUtc: ReadonlySet<string> = new Set(
  ['UTC', 'UCT', 'GMT', 'Zulu', 'Universal', 'Greenwich'].flatMap((name) => [name, `Etc/${name}`]),
);

/** @throws CodedError `window_invalid` */
export function checkedWindow(window: unknown): Window {
  if (window === null || window === undefined) return null;
  const { every, timeZone } = window as Partial<CalendarWindow>;
  if (every !== 'day' && every !== 'week' && every !== 'month') {
    throw invalidWindow(`A window is every 'day', 'week' or 'month', not ${shown(every)}.`);
  }
  const canonical = typeof timeZone === 'string' ? timeZoneNamed(timeZone) : null;
  if (canonical === null) {
    throw invalidWindow(`${shown(timeZone)} is no time zone. Use a name such as 'Europe/Paris' or 'UTC'.`);
  }
  return { every, timeZone: canonical };
}

/**
 * One spelling for each name, so that it is one limit however it is written: `europe/paris` is `Europe/Paris`, and the
 * names of UTC are `UTC`. Other aliases are names of their own, as which of them is the main one changes with the version
 * of the runtime. `null` for what is no time zone.
 */
export function timeZoneNamed(name: string): string | null {
  // Offsets such as +02:00 know no daylight saving time, and are nearly always a mistake.
  if (!/^[A-Za-z]/.test(name)) return null;
  try {
    const { timeZoneId } = Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return namesOfUtc.has(timeZoneId) ? 'UTC' : timeZoneId;
  } catch {
    return null;
  }
}

/** The window that a moment falls in. */
export function windowAt(window: Window, atMs: number): WindowSpan {
  if (window === null) return { startsAtMs: 0, endsAtMs: null };
  const { every, timeZone } = window;
  const at = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone);
  const date = at.toPlainDate();
  const first = every === 'day' ? date : every === 'week' ? mondayOf(date) : date.with({ day: 1 });
  const next = first.add({ [`${every}s`]: 1 });
  return { startsAtMs: startOfDay(first, timeZone), endsAtMs: startOfDay(next, timeZone) };
}

function mondayOf(date: Temporal.PlainDate): Temporal.PlainDate {
  return date.subtract({ days: date.dayOfWeek - 1 });
}

/** Midnight, or the first moment after it where the clocks skip midnight. */
function startOfDay(date: Temporal.PlainDate, timeZone: string): number {
  return date.toZonedDateTime(timeZone).epochMilliseconds;
}

function invalidWindow(message: string): CodedError {
  return new CodedError({ code: 'window_invalid', kind: 'input', message });
}
