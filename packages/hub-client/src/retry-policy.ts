/** How the last attempts at this hub went, shared by all processes of an outbox. */
export interface RetryState {
  /** In a row. */
  readonly failures: number;
  /** Before this time, in milliseconds since 1970, older events are not tried. */
  readonly notBeforeMs: number;
  /** The hub itself asked for it, by `Retry-After`: then nobody overrides it. */
  readonly isAsked: boolean;
  /** Of the last failure, for people. */
  readonly reason: string;
}

export const noFailures: RetryState = { failures: 0, notBeforeMs: 0, isAsked: false, reason: '' };

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60 * 60 * 1000;
const LONGEST_ASKED_MS = 24 * 60 * 60 * 1000;

/**
 * After one more failure: a pause that doubles with each, and of which between a half and all is waited, so that processes
 * that failed together do not come back together. What the hub asks for is waited in full.
 *
 * @param random from 0 to 1
 */
export function afterFailure(
  before: RetryState,
  failure: { readonly reason: string; readonly retryAfterMs: number | null },
  nowMs: number,
  random: number,
): RetryState {
  const failures = Math.min(before.failures + 1, 1000);
  const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS) * (0.5 + random / 2);
  const askedMs = failure.retryAfterMs === null ? 0 : Math.min(failure.retryAfterMs, LONGEST_ASKED_MS);
  const { reason } = failure;
  return { failures, notBeforeMs: Math.round(nowMs + Math.max(pauseMs, askedMs)), isAsked: askedMs > 0, reason };
}

/** How long until older events may be tried; 0 when at once. A clock that was set back does not count. */
export function pauseLeftMs({ notBeforeMs }: RetryState, nowMs: number): number {
  const leftMs = notBeforeMs - nowMs;
  return leftMs > LONGEST_ASKED_MS ? 0 : Math.max(0, leftMs);
}

/** `120`, or a date of HTTP. `null` for anything else (RFC 9110, 10.2.3). */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  const given = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(given)) return Number(given) * 1000;
  const date = /^[A-Za-z]{3}, /.test(given) ? Date.parse(given) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}
