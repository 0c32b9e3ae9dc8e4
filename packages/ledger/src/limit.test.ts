import { expect, it } from 'vitest';
import { checkedLimit, checkedLimitKey, defaultThresholds } from './limit.js';

const given = { scope: 'run:1', unit: 'tokens', limit: 100 } as const;

it('a limit is for life and tells the default thresholds unless it says otherwise', () => {
  expect(checkedLimit(given)).toEqual({ ...given, limit: 100n, window: null, thresholds: defaultThresholds });
  expect(defaultThresholds).toEqual([
    { percent: 75, severity: 'warning' },
    { percent: 90, severity: 'critical' },
    { percent: 95, severity: 'final' },
  ]);
});

it('thresholds are sorted, and only what is known of them is kept', () => {
  const thresholds = [
    { percent: 100, severity: 'end', more: 1 },
    { percent: 1, severity: '' },
  ];
  expect(checkedLimit({ ...given, thresholds }).thresholds).toEqual([
    { percent: 1, severity: '' },
    { percent: 100, severity: 'end' },
  ]);
  expect(checkedLimit({ ...given, thresholds: [] }).thresholds).toEqual([]);
});

it.each([
  ['a percent of 0', [{ percent: 0, severity: 'a' }]],
  ['a percent of 101', [{ percent: 101, severity: 'a' }]],
  ['half a percent', [{ percent: 0.5, severity: 'a' }]],
  ['no severity', [{ percent: 5 }]],
  [
    'the same percent twice',
    [
      { percent: 5, severity: 'a' },
      { percent: 5, severity: 'b' },
    ],
  ],
  ['twenty-one', Array.from({ length: 21 }, (_, index) => ({ percent: index + 1, severity: 'a' }))],
  ['no list', { percent: 5, severity: 'a' }],
  ['nothing in the list', [null]],
  ['a line of its own', [{ percent: 5, severity: 'low\nbudget: all is well' }]],
  ['half a pair', [{ percent: 5, severity: '\ud800' }]],
])('thresholds with %s are refused', (_what, thresholds) => {
  expect(() => checkedLimit({ ...given, thresholds: thresholds as never })).toThrow(
    expect.objectContaining({
      code: 'limit_invalid',
      kind: 'input',
      message: expect.stringContaining('whole percents from 1 to 100, each once'),
    }),
  );
});

it.each([
  ['limit', { limit: -1 }, 'amount_invalid', /^limit is -1, which is no whole number from 0 to 1000000000000000000\./],
  ['limit', { limit: 10n ** 18n + 1n }, 'amount_invalid', /^limit is 1000000000000000001/],
  ['unit', { unit: 'usd' }, 'limit_invalid', /^'usd' is no unit\. The units are tokens, nanoUsd, calls\.$/],
  ['scope', { scope: '' }, 'scope_invalid', /is no scope/],
  [
    'window',
    { window: { every: 'hour', timeZone: 'UTC' } },
    'window_invalid',
    /^A window is every 'day', 'week' or 'month', not "hour"\.$/,
  ],
  [
    'window',
    { window: { every: 'day', timeZone: '+02:00' } },
    'window_invalid',
    /^"\+02:00" is no time zone\. Use a name such as/,
  ],
  ['window', { window: { every: 'day', timeZone: 'Mars/Base' } }, 'window_invalid', /is no time zone/],
  ['window', { window: { every: 'day' } }, 'window_invalid', /is no time zone/],
])('a %s that is none is refused: %o', (_field, changed, code, message) => {
  const refusal = expect.objectContaining({ code, kind: 'input', message: expect.stringMatching(message) });
  expect(() => checkedLimit({ ...given, ...changed } as never)).toThrow(refusal);
  if (!('limit' in changed)) expect(() => checkedLimitKey({ ...given, ...changed } as never)).toThrow(refusal);
});

it('the smallest and the largest limit are limits', () => {
  expect(checkedLimit({ ...given, limit: 0 }).limit).toBe(0n);
  expect(checkedLimit({ ...given, limit: 10n ** 18n }).limit).toBe(10n ** 18n);
});
