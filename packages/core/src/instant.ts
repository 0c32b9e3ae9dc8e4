const DAY = /^\d{4}-\d{2}-(\d{2})(?=T|$)/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})$/;
/** Every month has so many days. */
const SHORTEST_MONTH = 28;

/** Of a time in ISO 8601 with its offset: milliseconds since 1970. `null` for any other text. */
export function instantMs(text: string): number | null {
  if (!INSTANT.test(text) || !beginsWithDay(text)) return null;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : atMs;
}

/** Whether a date, or a time in ISO 8601, is of a day that there is. JavaScript takes the 30th of February for the 2nd of March. */
export function beginsWithDay(text: string): boolean {
  const [day, ofMonth] = DAY.exec(text) ?? [];
  if (day === undefined) return false;
  const atMs = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(atMs)) return false;
  return Number(ofMonth) <= SHORTEST_MONTH || new Date(atMs).toISOString().startsWith(day);
}
