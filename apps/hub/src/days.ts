import { Temporal } from 'temporal-polyfill';

const DAY = /^\d{4}-\d{2}-\d{2}$/;

export function isTimeZone(name: string): boolean {
  // Offsets such as +02:00 know no daylight saving time, and are nearly always a mistake.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * Names the day of a moment in a time zone, as in `2026-11-22`. Moments that come in order of time cost little: a day is
 * looked up once.
 */
export function dayNames(timeZone: string): (atMs: number) => string {
  let [name, startsAtMs, endsAtMs] = ['', 0, 0];
  return (atMs) => {
    if (atMs < startsAtMs || atMs >= endsAtMs) {
      const date = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone).toPlainDate();
      [name, startsAtMs, endsAtMs] = [
        date.toString(),
        startOf(date, timeZone),
        startOf(date.add({ days: 1 }), timeZone),
      ];
    }
    return name;
  };
}

/** When a day begins, and the next one: 23, 24 or 25 hours, in some zones from 01:00 on. `null` for what is no day. */
export function dayNamed(
  text: string,
  timeZone: string,
): { readonly startsAtMs: number; readonly endsAtMs: number } | null {
  if (!DAY.test(text)) return null;
  try {
    const date = Temporal.PlainDate.from(text, { overflow: 'reject' });
    return { startsAtMs: startOf(date, timeZone), endsAtMs: startOf(date.add({ days: 1 }), timeZone) };
  } catch {
    return null;
  }
}

/** Midnight, or the first moment after it where the clocks skip midnight. */
function startOf(date: Temporal.PlainDate, timeZone: string): number {
  return date.toZonedDateTime(timeZone).epochMilliseconds;
}
