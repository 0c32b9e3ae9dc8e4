import { describe, expect, it } from 'vitest';
import { beginsWithDay, instantMs } from './instant.js';

describe('an instant', () => {
  it.each([
    ['2026-11-22T01:49:58.082Z', '2026-11-22T01:49:58.082Z'],
    ['2026-11-22T01:49Z', '2026-11-22T01:49:00.000Z'],
    ['2026-11-22T01:49:58.123456+02:00', '2026-11-21T23:49:58.123Z'],
    ['2026-11-22T01:49:58-0330', '2026-11-22T05:19:58.000Z'],
    ['2028-02-29T23:59:59Z', '2028-02-29T23:59:59.000Z'],
    ['2026-12-31T24:00:00Z', '2027-01-01T00:00:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(new Date(instantMs(text) ?? Number.NaN).toISOString()).toBe(instant);
  });

  it.each([
    ...['2026-02-29T12:00:00Z', '2026-02-30T12:00:00Z', '2026-04-31T00:00:00+02:00', '2026-13-01T00:00:00Z'],
    ...['2026-11-22', '2026-11-22T01:49:58', '2026-11-22T25:00:00Z', '2026-11-22T12:61:00Z', '2026-11-22T12:00:00Z '],
    ...['2026-11-22T12:00:00 (noon) Z', 'soon', ''],
  ])('%s is none', (text) => {
    expect(instantMs(text)).toBeNull();
  });
});

it('a day is one of the calendar, alone or before a time', () => {
  const days = ['2026-02-28', '2028-02-29', '2026-11-22T01:49:58', '2026-01-31T'];
  const others = ['2026-02-29', '2026-02-30T12:00:00Z', '2026-11-31', '2026-00-10', '2026-11-00', '2026-11-221', 'T'];
  expect(days.map(beginsWithDay)).toEqual(days.map(() => true));
  expect(others.map(beginsWithDay)).toEqual(others.map(() => false));
});
