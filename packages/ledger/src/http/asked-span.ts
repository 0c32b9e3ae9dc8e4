import { z } from '@hono/zod-openapi';
import { Temporal } from 'temporal-polyfill';
import type { Span } from '../observation-store.js';
import { timeZoneNamed } from '../window.js';
import { invalidFields } from './invalid-request.js';

/** How time is asked for; to be spread into the query of a route. */
export const timeQuery = {
  start_time: z.string().optional().openapi({
    description: 'A time, or a date, with whose first moment it begins. Default: since ever.',
    example: '2026-11-22T12:00:00+01:00',
  }),
  end_time: z.string().optional().openapi({
    description: 'A time, or a date, with whose last moment it ends. Both ends are included. Default: all there is.',
    example: '2026-11-28',
  }),
  time_zone: z.string().default('UTC').openapi({
    description: 'That of dates, and of times without an offset.',
    example: 'Europe/Paris',
  }),
};

export interface TimeQuery {
  readonly start_time?: string | undefined;
  readonly end_time?: string | undefined;
  readonly time_zone: string;
}

export interface AskedSpan {
  /** `null` where no beginning was asked for. */
  readonly fromMs: number | null;
  /** The first moment after it; `null` where no end was asked for. */
  readonly toMs: number | null;
}

const ALL_TIME: Span = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
const DATE = /^\d{4}-\d\d-\d\d$/;
/** A plus sign that nobody percent-encoded arrives as a space. */
const TIME = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(?:([Zz])|([ +-])(\d\d:?\d\d))?$/;
const EXPECTED = 'Must be a date such as 2026-11-22, or a time such as 2026-11-22T12:00:00Z.';

/** @throws RefusedRequest 422, with the field */
export function askedSpan({ start_time, end_time, time_zone }: TimeQuery): AskedSpan {
  const timeZone = timeZoneNamed(time_zone);
  if (timeZone === null)
    throw invalidFields([{ field: 'time_zone', message: 'Must be a time zone, such as Europe/Paris or UTC.' }]);
  const fromMs = start_time === undefined ? null : momentsOf('start_time', start_time, timeZone).fromMs;
  const toMs = end_time === undefined ? null : momentsOf('end_time', end_time, timeZone).toMs;
  if (fromMs !== null && toMs !== null && fromMs >= toMs)
    throw invalidFields([{ field: 'end_time', message: 'Must not be before start_time.' }]);
  return { fromMs, toMs };
}

/** Without an end that was asked for it has none. */
export function spanOf({ fromMs, toMs }: AskedSpan): Span {
  return { fromMs: fromMs ?? ALL_TIME.fromMs, toMs: toMs ?? ALL_TIME.toMs };
}

/** The millisecond of a time, or the whole of a day, which has 23, 24 or 25 hours. @throws RefusedRequest 422 */
export function momentsOf(field: string, text: string, timeZone: string): Span {
  const span = spanOfDate(text, timeZone) ?? spanOfTime(text, timeZone);
  if (span === null) throw invalidFields([{ field, message: EXPECTED }]);
  return { fromMs: Math.max(0, span.fromMs), toMs: Math.max(0, span.toMs) };
}

function spanOfDate(text: string, timeZone: string): Span | null {
  if (!DATE.test(text)) return null;
  return orNull(() => {
    const date = Temporal.PlainDate.from(text);
    const startOf = (day: Temporal.PlainDate) => day.toZonedDateTime(timeZone).epochMilliseconds;
    return { fromMs: startOf(date), toMs: startOf(date.add({ days: 1 })) };
  });
}

function spanOfTime(text: string, timeZone: string): Span | null {
  const [, date, time, utc, sign, offset] = TIME.exec(text) ?? [];
  if (date === undefined) return null;
  return orNull(() => {
    const atMs =
      utc === undefined && sign === undefined
        ? Temporal.PlainDateTime.from(`${date}T${time}`).toZonedDateTime(timeZone).epochMilliseconds
        : Temporal.Instant.from(`${date}T${time}${utc ?? `${sign === '-' ? '-' : '+'}${offset}`}`).epochMilliseconds;
    return { fromMs: atMs, toMs: atMs + 1 };
  });
}

/** `null` for what has the form of a time and is none, such as the 30th of February. */
function orNull(read: () => Span): Span | null {
  try {
    return read();
  } catch {
    return null;
  }
}
