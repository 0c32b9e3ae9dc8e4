import type { Window } from '../window.js';

/** Later than any moment: the end of a counter for life. */
export const FOREVER_MS = Number.MAX_SAFE_INTEGER;

export function resetOf(endsAtMs: number): number | null {
  return endsAtMs === FOREVER_MS ? null : endsAtMs;
}

export function windowOf(every: string, timeZone: string): Window {
  return every === '' ? null : { every: every as 'day' | 'week' | 'month', timeZone };
}

/** The columns `every` and `time_zone`. */
export function windowColumns(window: Window): readonly [every: string, timeZone: string] {
  return [window?.every ?? '', window?.timeZone ?? ''];
}

export function isSameWindow(first: Window, second: Window): boolean {
  return first?.every === second?.every && first?.timeZone === second?.timeZone;
}
