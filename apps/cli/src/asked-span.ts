import { CodedError, instantMs } from '@budget/core';
import { daysBetween, type Span, timeZoneNamed, windowAt } from '@budget/ledger';

/** Beginning and end as somebody writes them, in a time zone. */
export interface AskedSpan {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly timeZone: string;
  /** What is shown is days: then so many days ago is that whole day. */
  readonly isByDay?: boolean;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Further than any time zone is from UTC, and no day is longer. */
const A_DAY_AND_A_HALF_MS = 36 * HOUR_MS;
/** The end of time, where nobody says when. */
export const NEVER_MS = Number.MAX_SAFE_INTEGER;

/** A day that ends a span is part of it. @throws CodedError `span_options` */
export function askedSpan({ since, until, timeZone, isByDay = false }: AskedSpan, nowMs: number): Span {
  if (timeZoneNamed(timeZone) === null)
    throw wrongUsage(`--time-zone is ${JSON.stringify(timeZone)}. Use a name such as Europe/Paris or UTC.`);
  const now: Now = { nowMs, timeZone, isByDay };
  const fromMs = since === undefined ? 0 : momentsOf('--since', since, now).fromMs;
  const toMs = until === undefined ? NEVER_MS : momentsOf('--until', until, now).toMs;
  if (fromMs < toMs) return { fromMs, toMs };
  throw wrongUsage(`--since ${since} is not before --until ${until}: nothing lies between them.`);
}

interface Now extends Required<Pick<AskedSpan, 'timeZone' | 'isByDay'>> {
  readonly nowMs: number;
}

/** A day is all its moments; a time is one. */
function momentsOf(option: string, given: string, { timeZone, nowMs, isByDay }: Now): Span {
  const day = (atMs: number) => windowAt({ every: 'day', timeZone }, atMs);
  switch (given) {
    case 'today':
      return endless(day(nowMs));
    case 'yesterday':
      return endless(day(day(nowMs).startsAtMs - 1));
    case 'week':
    case 'month':
      return endless(windowAt({ every: given, timeZone }, nowMs));
  }
  const [, count, unit] = /^(\d{1,5})(h|d)$/.exec(given) ?? [];
  // From the middle of a day, which no change of the clocks moves into another one.
  if (unit === 'd' && isByDay)
    return endless(day(Math.max(0, day(nowMs).startsAtMs + DAY_MS / 2 - Number(count) * DAY_MS)));
  if (count !== undefined) return moment(nowMs - Number(count) * (unit === 'h' ? HOUR_MS : DAY_MS));
  const noonMs = /^\d{4}-\d{2}-\d{2}$/.test(given) ? Date.parse(`${given}T12:00:00Z`) : Number.NaN;
  if (noonMs >= A_DAY_AND_A_HALF_MS) {
    const around = { fromMs: noonMs - A_DAY_AND_A_HALF_MS, toMs: noonMs + A_DAY_AND_A_HALF_MS };
    const found = daysBetween(around, timeZone).find(({ date }) => date === given);
    if (found !== undefined) return found.span;
  }
  const atMs = instantMs(given);
  if (atMs !== null && atMs >= 0) return moment(atMs);
  throw wrongUsage(
    `${option} is ${JSON.stringify(given)}. Write a day (2026-11-22), a time with its offset (2026-11-22T01:49:58Z), today, yesterday, week, month, or how long ago, as in 7d or 24h.`,
  );
}

function endless({ startsAtMs, endsAtMs }: { readonly startsAtMs: number; readonly endsAtMs: number | null }): Span {
  return { fromMs: startsAtMs, toMs: endsAtMs ?? NEVER_MS };
}

function moment(atMs: number): Span {
  return { fromMs: Math.max(atMs, 0), toMs: Math.max(atMs, 0) };
}

function wrongUsage(message: string): CodedError {
  return new CodedError({ code: 'span_options', kind: 'usage', message });
}
