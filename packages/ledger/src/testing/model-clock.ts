import type { Choices } from '@budget/test-tools';

/** Days on which clocks were set, dates were skipped or months end: where a window goes wrong, if it does. */
const hardTimes = [
  '2026-03-28T22:00:00Z', // Paris loses an hour.
  '2026-10-24T21:00:00Z', // Paris gains one.
  '2026-03-08T04:00:00Z', // New York loses one.
  '2018-11-04T02:30:00Z', // In São Paulo the day begins at 01:00.
  '2018-02-17T01:00:00Z', // In São Paulo 23:00 comes twice.
  '2011-12-30T09:00:00Z', // Samoa skips a day.
  '2026-04-04T13:00:00Z', // Lord Howe gains half an hour.
  '2028-02-29T12:00:00Z',
  '2026-12-31T20:00:00Z',
].map((text) => Date.parse(text));

export const timeZones = [
  'UTC',
  'Europe/Paris',
  'America/New_York',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'Australia/Lord_Howe',
];

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Stores may take reservations to be made in the order of their times, give or take a day. */
const MOST_SET_BACK_MS = 23 * HOUR_MS;

export interface ModelClock {
  nowMs(): number;
  /** Says by how much. */
  jump(): number;
}

/** Stands still between jumps, as a machine is fast; jumps back now and then, as people and time servers set clocks. */
export function modelClock(choices: Choices): ModelClock {
  let nowMs = choices.oneOf(hardTimes) + choices.between(0, 6) * HOUR_MS;
  let latestMs = nowMs;
  return {
    nowMs: () => nowMs,
    jump() {
      const beforeMs = nowMs;
      const kind = choices.between(1, 100);
      if (kind <= 30) nowMs += choices.between(1, 5);
      else if (kind <= 60) nowMs += choices.between(1, 120) * SECOND_MS;
      else if (kind <= 78) nowMs += choices.between(1, 8) * HOUR_MS;
      else if (kind <= 88) nowMs += choices.between(1, 9) * DAY_MS + choices.between(-3, 3);
      else if (kind <= 91) nowMs += choices.between(28, 32) * DAY_MS;
      else nowMs = Math.max(nowMs - choices.between(1, 12) * HOUR_MS, latestMs - MOST_SET_BACK_MS);
      latestMs = Math.max(latestMs, nowMs);
      return nowMs - beforeMs;
    },
  };
}
