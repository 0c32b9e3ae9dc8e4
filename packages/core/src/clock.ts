/** The time, passed in wherever it is needed, so that tests choose it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };

/** `2026-11-22T01:49:58.082Z` */
export function isoTime(clock: Clock): string {
  return new Date(clock.nowMs()).toISOString();
}
