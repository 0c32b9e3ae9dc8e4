import { describe, expect, it } from 'vitest';
import { afterFailure, noFailures, pauseLeftMs, retryAfterMs } from './retry-policy.js';

const NOW = Date.parse('2026-11-22T00:00:00Z');
const failure = { reason: 'it is down', retryAfterMs: null };

describe('after failures in a row', () => {
  it('the pause doubles up to an hour, and of each between a half and all is waited', () => {
    const pauses = (random: number) => {
      let state = noFailures;
      return Array.from({ length: 14 }, () => {
        state = afterFailure(state, failure, NOW, random);
        return pauseLeftMs(state, NOW);
      });
    };
    expect(pauses(1).slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
    expect(pauses(0).slice(0, 4)).toEqual([500, 1000, 2000, 4000]);
    expect(pauses(1).at(-1)).toBe(3_600_000);
  });

  it('what the hub asks for is waited in full, up to a day', () => {
    const asked = (milliseconds: number) =>
      afterFailure(noFailures, { ...failure, retryAfterMs: milliseconds }, NOW, 0);
    expect(asked(60_000)).toMatchObject({ notBeforeMs: NOW + 60_000, isAsked: true });
    expect(pauseLeftMs(asked(10 ** 12), NOW)).toBe(24 * 60 * 60 * 1000);
    expect(asked(0).isAsked).toBe(false);
  });

  it('a clock that was set back holds nothing up for ever', () => {
    const state = afterFailure(noFailures, failure, NOW, 1);
    expect(pauseLeftMs(state, NOW - 365 * 24 * 60 * 60 * 1000)).toBe(0);
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    [' 5 ', 5000],
    ['Sun, 22 Nov 2026 00:01:00 GMT', 60_000],
    ['Sat, 21 Nov 2026 00:00:00 GMT', 0],
    ['soon', null],
    ['-1', null],
    ['', null],
    [undefined, null],
  ])('%j is %j milliseconds', (header, expected) => expect(retryAfterMs(header, NOW)).toBe(expected));
});
