const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?: ?(Z|[+-]\d{2}:?\d{2}))?)?$/i;
/** Every month has so many days. */
const SHORTEST_MONTH = 28;

/**
 * A time of ISO 8601, in milliseconds since 1970: `2026-05-17T12:00:00Z`, also with a blank between date and time, as
 * PyYAML writes it, or a day, which stands for its beginning. Without a zone it is in UTC, and not in the zone of this
 * machine: the same text means the same everywhere. `null` for anything else, and for a day that is in no calendar, which
 * `Date.parse` takes for one of the next month.
 */
export function parseIsoTime(text: string): number | null {
  const [, day, time = '00:00', zone = 'Z'] = ISO.exec(text.trim()) ?? [];
  if (day === undefined) return null;
  if (Number(day.slice(-2)) > SHORTEST_MONTH && !isInCalendar(day)) return null;
  // With a colon in the zone; without one it is no form that JavaScript promises to read.
  const ms = Date.parse(`${day}T${time}${zone.toUpperCase().replace(/(\d{2})(\d{2})$/, '$1:$2')}`);
  return Number.isNaN(ms) ? null : ms;
}

function isInCalendar(day: string): boolean {
  const ms = Date.parse(`${day}T00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}

const WITH_ZONE = /^\d{4}-\d{2}-\d{2}T.*(?:Z|[+-]\d{2}:?\d{2})$/;

/** The same of a text that says all by itself: with its time, and its offset from UTC. `null` for any other. */
export function instantMs(text: string): number | null {
  return WITH_ZONE.test(text) ? parseIsoTime(text) : null;
}
