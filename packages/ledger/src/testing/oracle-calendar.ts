import type { Window } from '../window.js';

/**
 * Windows once more, without the code under test and without arithmetic on zones: two moments lie in the same window
 * when the calendar of the zone, as `Intl` shows it, shows the same day, the same Monday or the same month.
 */

const LONGEST_WINDOW_MS = 33 * 86_400_000;
const DAY_MS = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();
const days = new Map<string, number>();
const ends = new Map<string, number>();

/** A number that is the same for all moments of a window, and larger for later ones. `0` for a lifetime. */
export function windowNumber(window: Window, atMs: number): number {
  if (window === null) return 0;
  const day = localDay(window.timeZone, atMs);
  if (window.every === 'day') return day;
  const date = new Date(day * DAY_MS);
  // The first of January 1970 was a Thursday.
  if (window.every === 'week') return Math.floor((day + 3) / 7);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** The first moment of the next window, found by halving. */
export function windowEnd(window: Window, atMs: number): number | null {
  if (window === null) return null;
  const number = windowNumber(window, atMs);
  const key = `${window.every} ${window.timeZone} ${number}`;
  const known = ends.get(key);
  if (known !== undefined) return known;
  let inside = atMs;
  let outside = atMs + LONGEST_WINDOW_MS;
  while (outside - inside > 1) {
    const middle = Math.floor((inside + outside) / 2);
    if (windowNumber(window, middle) === number) inside = middle;
    else outside = middle;
  }
  remember(ends, key, outside);
  return outside;
}

/** The date that a calendar on the wall shows, as days since 1970. */
function localDay(timeZone: string, atMs: number): number {
  const key = `${timeZone} ${atMs}`;
  const known = days.get(key);
  if (known !== undefined) return known;
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone, year: 'numeric', month: 'numeric', day: 'numeric' });
    formats.set(timeZone, format);
  }
  const [month = 0, day = 0, year = 0] = format.format(atMs).split('/').map(Number);
  const number = Date.UTC(year, month - 1, day) / DAY_MS;
  remember(days, key, number);
  return number;
}

function remember(map: Map<string, number>, key: string, value: number): void {
  if (map.size > 100_000) map.clear();
  map.set(key, value);
}
