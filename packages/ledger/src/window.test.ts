import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CalendarWindow, checkedWindow, windowAt } from './window.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const oddZones = [
  'Europe/Paris',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'Africa/Cairo',
  'UTC',
];

function spanOf(every: CalendarWindow['every'], timeZone: string, at: string) {
  const { startsAtMs, endsAtMs } = windowAt({ every, timeZone }, Date.parse(at));
  if (endsAtMs === null) throw new Error('a calendar window ends');
  return { startsAtMs, endsAtMs, hours: (endsAtMs - startsAtMs) / HOUR_MS };
}

/** What a clock on the wall there says. */
function onTheWall(timeZone: string, atMs: number): string {
  const formatter = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  });
  const parts = Object.fromEntries(formatter.formatToParts(atMs).map(({ type, value }) => [type, value]));
  return `${parts['weekday']} ${parts['year']}-${parts['month']}-${parts['day']} ${parts['hour']}:${parts['minute']}`;
}

describe('the length of a day', () => {
  it.each([
    ['Europe/Paris', '2026-03-29T12:00:00Z', 23],
    ['Europe/Paris', '2026-10-25T12:00:00Z', 25],
    ['Europe/Paris', '2026-06-01T12:00:00Z', 24],
    ['America/New_York', '2026-03-08T17:00:00Z', 23],
    ['America/New_York', '2026-11-01T17:00:00Z', 25],
    ['Australia/Lord_Howe', '2026-10-04T02:00:00Z', 23.5],
    ['Australia/Lord_Howe', '2026-04-05T02:00:00Z', 24.5],
    ['Asia/Kolkata', '2026-03-29T12:00:00Z', 24],
    ['America/Sao_Paulo', '2018-11-04T15:00:00Z', 23],
    ['America/Sao_Paulo', '2018-02-17T15:00:00Z', 25],
    ['Africa/Cairo', '2026-04-24T12:00:00Z', 23],
    ['Africa/Cairo', '2026-10-29T12:00:00Z', 25],
  ])('in %s at %s is %s hours', (timeZone, at, hours) => {
    expect(spanOf('day', timeZone, at).hours).toBe(hours);
  });
});

describe('a day', () => {
  it('begins at midnight there, not in UTC', () => {
    const { startsAtMs, endsAtMs } = spanOf('day', 'Asia/Kolkata', '2026-05-05T19:00:00Z');
    expect(startsAtMs).toBe(Date.parse('2026-05-05T18:30:00Z'));
    expect(endsAtMs).toBe(Date.parse('2026-05-06T18:30:00Z'));
  });

  it('begins at 01:00 where the clocks skip midnight (São Paulo, 4 November 2018)', () => {
    const { startsAtMs } = spanOf('day', 'America/Sao_Paulo', '2018-11-04T15:00:00Z');
    expect(startsAtMs).toBe(Date.parse('2018-11-04T03:00:00Z'));
    expect(onTheWall('America/Sao_Paulo', startsAtMs)).toBe('Sun 2018-11-04 01:00');
  });

  it('begins at 01:00 on the day the clocks go forward in Cairo', () => {
    const { startsAtMs } = spanOf('day', 'Africa/Cairo', '2026-04-24T12:00:00Z');
    expect(onTheWall('Africa/Cairo', startsAtMs)).toBe('Fri 2026-04-24 01:00');
  });

  it('holds both hours of the night in which one is repeated', () => {
    // 02:30 twice, an hour apart.
    const first = spanOf('day', 'Europe/Paris', '2026-10-25T00:30:00Z');
    expect(spanOf('day', 'Europe/Paris', '2026-10-25T01:30:00Z')).toEqual(first);
  });

  it('follows the one before it though a date was skipped (Apia, 30 December 2011)', () => {
    const before = spanOf('day', 'Pacific/Apia', '2011-12-30T09:59:59Z');
    const after = spanOf('day', 'Pacific/Apia', '2011-12-30T10:00:00Z');
    expect(onTheWall('Pacific/Apia', before.startsAtMs)).toBe('Thu 2011-12-29 00:00');
    expect(onTheWall('Pacific/Apia', after.startsAtMs)).toBe('Sat 2011-12-31 00:00');
    expect(before.endsAtMs).toBe(after.startsAtMs);
    expect([before.hours, after.hours]).toEqual([24, 24]);
  });
});

describe('a week', () => {
  it('goes from Monday to Monday', () => {
    const { startsAtMs, endsAtMs, hours } = spanOf('week', 'America/New_York', '2026-06-14T23:00:00Z');
    expect(onTheWall('America/New_York', startsAtMs)).toBe('Mon 2026-06-08 00:00');
    expect(onTheWall('America/New_York', endsAtMs)).toBe('Mon 2026-06-15 00:00');
    expect(hours).toBe(7 * 24);
  });

  it('is an hour shorter when the clocks go forward', () => {
    expect(spanOf('week', 'Europe/Paris', '2026-03-25T12:00:00Z').hours).toBe(7 * 24 - 1);
  });

  it('goes from one year into the next', () => {
    const { startsAtMs, endsAtMs } = spanOf('week', 'Europe/Paris', '2027-01-01T12:00:00Z');
    expect(onTheWall('Europe/Paris', startsAtMs)).toBe('Mon 2026-12-28 00:00');
    expect(onTheWall('Europe/Paris', endsAtMs)).toBe('Mon 2027-01-04 00:00');
  });
});

describe('a month', () => {
  it('has the hours of its days and of its change of clocks', () => {
    expect(spanOf('month', 'Europe/Paris', '2026-03-15T12:00:00Z').hours).toBe(31 * 24 - 1);
    expect(spanOf('month', 'Europe/Paris', '2026-10-31T12:00:00Z').hours).toBe(31 * 24 + 1);
    expect(spanOf('month', 'UTC', '2028-02-29T12:00:00Z').hours).toBe(29 * 24);
  });

  it('is told by the date there: the last evening in New York is the next month in UTC', () => {
    const { startsAtMs } = spanOf('month', 'America/New_York', '2026-08-01T03:59:59Z');
    expect(onTheWall('America/New_York', startsAtMs)).toBe('Wed 2026-07-01 00:00');
  });
});

describe('windows of every kind and zone', () => {
  const moments = fc.record({
    every: fc.constantFrom('day' as const, 'week' as const, 'month' as const),
    timeZone: fc.constantFrom(...oddZones),
    atMs: fc.integer({ min: Date.UTC(2010, 0, 1), max: Date.UTC(2035, 0, 1) }),
  });
  const longestMs = { day: 25 * HOUR_MS, week: 8 * DAY_MS, month: 32 * DAY_MS };

  it('tile the time: every moment is in exactly one, which the next follows without a gap', () => {
    fc.assert(
      fc.property(moments, ({ every, timeZone, atMs }) => {
        const window = { every, timeZone };
        const span = windowAt(window, atMs);
        const endsAtMs = span.endsAtMs as number;
        expect(span.startsAtMs).toBeLessThanOrEqual(atMs);
        expect(endsAtMs).toBeGreaterThan(atMs);
        expect(endsAtMs - span.startsAtMs).toBeLessThanOrEqual(longestMs[every]);
        expect(windowAt(window, span.startsAtMs)).toEqual(span);
        expect(windowAt(window, endsAtMs - 1)).toEqual(span);
        expect(windowAt(window, endsAtMs).startsAtMs).toBe(endsAtMs);
        expect(windowAt(window, span.startsAtMs - 1).endsAtMs).toBe(span.startsAtMs);
      }),
      { numRuns: 500 },
    );
  });

  it('begin where the date on the wall changes', () => {
    fc.assert(
      fc.property(moments, ({ every, timeZone, atMs }) => {
        const { startsAtMs } = windowAt({ every, timeZone }, atMs);
        const [weekday, date] = onTheWall(timeZone, startsAtMs).split(' ');
        const [, dateBefore] = onTheWall(timeZone, startsAtMs - 1).split(' ');
        expect(date).not.toBe(dateBefore);
        if (every === 'week') expect(weekday).toBe('Mon');
        if (every === 'month') expect(date).toMatch(/-01$/);
      }),
      { numRuns: 300 },
    );
  });

  // Summer time was set out for Ramadan: a library that looks for changes of clocks in large steps misses such a season.
  it.each([
    ['Africa/Cairo', '2014-06-01T12:00:00Z', '2014-05-31T21:00:00Z'],
    ['Africa/Casablanca', '2012-07-25T12:00:00Z', '2012-07-25T00:00:00Z'],
  ])('begin at midnight in %s, also in a season of a few weeks', (timeZone, at, midnight) => {
    expect(windowAt({ every: 'day', timeZone }, Date.parse(at)).startsAtMs).toBe(Date.parse(midnight));
  });

  it('hold whole days: no day is in two weeks or months', () => {
    fc.assert(
      fc.property(moments, ({ every, timeZone, atMs }) => {
        const day = windowAt({ every: 'day', timeZone }, atMs);
        const span = windowAt({ every, timeZone }, atMs);
        expect(span.startsAtMs).toBeLessThanOrEqual(day.startsAtMs);
        expect(span.endsAtMs).toBeGreaterThanOrEqual(day.endsAtMs as number);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a window for life', () => {
  it('never ends', () => {
    expect(windowAt(null, Date.now())).toEqual({ startsAtMs: 0, endsAtMs: null });
  });

  it('is what no window means', () => {
    expect(checkedWindow(undefined)).toBeNull();
    expect(checkedWindow(null)).toBeNull();
  });
});

describe('checkedWindow', () => {
  it('keeps what it knows and nothing else', () => {
    expect(checkedWindow({ every: 'day', timeZone: 'Europe/Paris', color: 'blue' })).toEqual({
      every: 'day',
      timeZone: 'Europe/Paris',
    });
  });

  it.each([
    [{ every: 'hour', timeZone: 'UTC' }, "every 'day', 'week' or 'month'"],
    [{ every: 'day' }, 'no time zone'],
    [{ every: 'day', timeZone: 'Europe/Atlantis' }, 'no time zone'],
    [{ every: 'day', timeZone: '' }, 'no time zone'],
    ['day', "every 'day', 'week' or 'month'"],
    [7, "every 'day', 'week' or 'month'"],
  ])('refuses %j', (window, why) => {
    expect(() => checkedWindow(window)).toThrow(why);
  });

  it.each(['+02:00', '-0500'])('refuses the offset %s, whose days would ignore the change of clocks', (timeZone) => {
    expect(() => checkedWindow({ every: 'day', timeZone })).toThrow("Use a name such as 'Europe/Paris'");
  });
});

describe('a time zone', () => {
  it.each([
    ['europe/paris', 'Europe/Paris'],
    ['EUROPE/PARIS', 'Europe/Paris'],
    ['utc', 'UTC'],
    ['Etc/UTC', 'UTC'],
    ['GMT', 'UTC'],
    ['etc/uct', 'UTC'],
    ['Zulu', 'UTC'],
    ['america/port-au-prince', 'America/Port-au-Prince'],
    ['Etc/GMT-5', 'Etc/GMT-5'],
  ])('%s is one limit however it is written: %s', (timeZone, canonical) => {
    expect(checkedWindow({ every: 'day', timeZone })).toEqual({ every: 'day', timeZone: canonical });
  });

  it.each([5n, Symbol('zone'), Object.create(null), 'Mars/X', '+02:00'])('%o is none', (timeZone) => {
    expect(() => checkedWindow({ every: 'day', timeZone })).toThrow(
      expect.objectContaining({ code: 'window_invalid' }),
    );
    expect(() => checkedWindow({ every: timeZone, timeZone: 'UTC' })).toThrow(
      expect.objectContaining({ code: 'window_invalid' }),
    );
  });
});
