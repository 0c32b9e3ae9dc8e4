/**
 * Days, weeks and months of a time zone as `Intl.DateTimeFormat` tells them, for comparison: the package asks Temporal.
 */
const STEP_MS = 15 * 60_000;
const DAY_MS = 86_400_000;
const formatters = new Map();

/** `2026-03-29`: the date on the calendar of that zone. */
export function localDate(timeZone, atMs) {
  let formatter = formatters.get(timeZone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    formatters.set(timeZone, formatter);
  }
  const parts = Object.fromEntries(formatter.formatToParts(atMs).map(({ type, value }) => [type, value]));
  return `${parts.year}-${parts.month}-${parts.day}`;
}

/** The first date of the day, week (from Monday) or month that a date is in. */
export function firstDate(every, date) {
  if (every === 'day') return date;
  if (every === 'month') return `${date.slice(0, 7)}-01`;
  const atMs = Date.parse(date);
  const daysSinceMonday = (new Date(atMs).getUTCDay() + 6) % 7;
  return new Date(atMs - daysSinceMonday * DAY_MS).toISOString().slice(0, 10);
}

/** Which window a moment is in. */
export function windowOf({ every, timeZone }, atMs) {
  return firstDate(every, localDate(timeZone, atMs));
}

/** When the days of a zone begin, found by walking through the time. No zone changes its clocks but at a quarter. */
export function dayStarts(timeZone, fromMs, toMs) {
  const starts = [];
  let date = localDate(timeZone, fromMs);
  for (let atMs = fromMs + STEP_MS; atMs <= toMs; atMs += STEP_MS) {
    const next = localDate(timeZone, atMs);
    if (next !== date) starts.push(atMs);
    date = next;
  }
  return starts;
}
