/** `2026-11-22T01:49:58.082Z` */
export function timeToJson(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

export function timeOrNull(timeMs: number | null): string | null {
  return timeMs === null ? null : timeToJson(timeMs);
}
