import { CodedError } from '@budget/core';
import { Temporal } from 'temporal-polyfill';
import type { Span } from './observation-store.js';
import { shown } from './shown.js';
import { timeZoneNamed, windowAt } from './window.js';

export interface UsageDay {
  /** `2026-11-28` */
  readonly date: string;
  readonly span: Span;
}

/** Three years: each day is a look at up to a hundred rows, and nothing else happens meanwhile. */
const MAX_DAYS = 1100;

/**
 * The days of a time zone that have a moment of the span, ascending, each cut to the span. Days have 23, 24 or 25 hours.
 *
 * @throws CodedError `time_zone_invalid`, or `span_invalid` for more days than 1,100
 */
export function daysBetween({ fromMs, toMs }: Span, timeZone: string): readonly UsageDay[] {
  const zone = timeZoneNamed(timeZone);
  if (zone === null)
    throw invalid(
      'time_zone_invalid',
      `${shown(timeZone)} is no time zone. Use a name such as 'Europe/Paris' or 'UTC'.`,
    );
  const days: UsageDay[] = [];
  for (let atMs = fromMs; atMs < toMs; ) {
    if (days.length === MAX_DAYS)
      throw invalid('span_invalid', `From ${fromMs} to ${toMs} are more than ${MAX_DAYS} days. Ask for fewer.`);
    const endsAtMs = windowAt({ every: 'day', timeZone: zone }, atMs).endsAtMs as number;
    days.push({ date: dateIn(zone, atMs), span: { fromMs: atMs, toMs: Math.min(endsAtMs, toMs) } });
    atMs = endsAtMs;
  }
  return days;
}

function dateIn(timeZone: string, atMs: number): string {
  return Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone).toPlainDate().toString();
}

function invalid(code: string, message: string): CodedError {
  return new CodedError({ code, kind: 'input', message });
}
