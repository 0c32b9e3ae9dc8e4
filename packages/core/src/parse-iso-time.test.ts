import { describe, expect, it } from 'vitest';
import { instantMs, parseIsoTime } from './parse-iso-time.js';

const isoOf = (text: string): string | null => {
  const ms = parseIsoTime(text);
  return ms === null ? null : new Date(ms).toISOString();
};

it.each([
  ['2026-05-17T12:00:00Z', '2026-05-17T12:00:00.000Z'],
  ['2026-05-17T12:00:00.123456789Z', '2026-05-17T12:00:00.123Z'],
  ['2026-05-17 12:00:00.5+00:00', '2026-05-17T12:00:00.500Z'],
  ['2026-05-17T12:00-0730', '2026-05-17T19:30:00.000Z'],
  [' 2026-05-17t12:00:00 z ', '2026-05-17T12:00:00.000Z'],
  ['2026-05-17', '2026-05-17T00:00:00.000Z'],
  ['2028-02-29', '2028-02-29T00:00:00.000Z'],
])('reads %j', (text, expected) => expect(isoOf(text)).toBe(expected));

it('takes a time without a zone for UTC, wherever the machine stands', () => {
  const zone = process.env['TZ'];
  try {
    process.env['TZ'] = 'America/New_York';
    expect(isoOf('2025-06-10T03:00:00')).toBe('2025-06-10T03:00:00.000Z');
  } finally {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  }
});

it.each([
  ...['2026-02-30T00:00:00Z', '2026-02-29', '2026-13-01', '2026-00-10', '2026-05-17T25:00:00Z', '2026-05-17T12:60Z'],
  ...['2026-05-17T12:00:00+25:00', '17 May 2026', '2026', '2026-05', '12:00', '', '2026-05-17T12:00:00Z (noon)'],
])('refuses %j', (text) => expect(parseIsoTime(text)).toBeNull());

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
