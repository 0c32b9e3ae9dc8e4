import { parseIsoTime } from '@budget/core';

/** The last second that a plain header of a tar can hold. */
const MAX_MS = 0o77777777777 * 1000;
const BEFORE_EVERYTHING_MS = Date.UTC(1980, 0, 1);

/**
 * The time of an archive, in milliseconds since 1970: the same for the same project, whenever and wherever it is archived.
 *
 * @param sourceDateEpochS goes before all others; see reproducible-builds.org/specs/source-date-epoch.
 * @param times as they are recorded; the first that is a time counts. One without a zone is taken for UTC, and not for the
 * zone of this machine.
 */
export function createdAtMs(sourceDateEpochS: number | undefined, times: readonly string[]): number {
  if (sourceDateEpochS !== undefined) return sourceDateEpochS * 1000;
  return times.map(parseIsoTime).find((ms) => ms !== null && ms >= 0 && ms <= MAX_MS) ?? BEFORE_EVERYTHING_MS;
}
