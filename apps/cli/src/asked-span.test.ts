import { describe, expect, it } from 'vitest';
import { askedSpan } from './asked-span.js';

const iso = ({ fromMs, toMs }: { fromMs: number; toMs: number }) =>
  [fromMs, toMs].map((ms) => new Date(ms).toISOString());

describe('so many days ago', () => {
  const given = { since: '2d', until: 'today', timeZone: 'Europe/Paris' };
  const nowMs = Date.parse('2026-03-30T13:30:00Z');

  it('is a moment, and where days are shown that whole day of the time zone', () => {
    expect(iso(askedSpan(given, nowMs))).toEqual(['2026-03-28T13:30:00.000Z', '2026-03-30T22:00:00.000Z']);
    expect(iso(askedSpan({ ...given, isByDay: true }, nowMs))).toEqual([
      '2026-03-27T23:00:00.000Z',
      '2026-03-30T22:00:00.000Z',
    ]);
  });

  it('is the same day at every hour, also where the clocks are put forward or back in between', () => {
    const firstDays = (from: string) => {
      const startMs = Date.parse(from);
      const hours = Array.from({ length: 24 }, (_, hour) => startMs + hour * 3_600_000);
      return new Set(hours.map((at) => iso(askedSpan({ ...given, isByDay: true }, at))[0]));
    };
    expect([...firstDays('2026-03-29T22:00:00Z')]).toEqual(['2026-03-27T23:00:00.000Z']);
    expect([...firstDays('2026-10-25T23:00:00Z')]).toEqual(['2026-10-23T22:00:00.000Z']);
  });
});
