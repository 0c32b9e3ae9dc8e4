import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isCountable, MAX_COUNTED, refusalOf, remainingOf } from './admission.js';

const balance = { scope: 'run:1', unit: 'tokens', limit: 100n, used: 60n, held: 30n, resetsAtMs: null } as const;

it('what fits exactly is admitted, and one more is refused with all that a caller needs', () => {
  expect(refusalOf(balance, 10n)).toBeNull();
  expect(refusalOf(balance, 0n)).toBeNull();
  expect(refusalOf(balance, 11n)).toEqual({
    ...{ scope: 'run:1', unit: 'tokens', limit: 100n, used: 60n, held: 30n, asked: 11n, resetsAtMs: null },
  });
});

it('an overrun refuses also nothing, until there is room again', () => {
  const overrun = { ...balance, used: 130n, held: 0n };
  expect(refusalOf(overrun, 0n)).toMatchObject({ used: 130n, asked: 0n });
  expect(remainingOf({ ...overrun, limit: 100n })).toBe(0n);
  expect(refusalOf({ ...overrun, used: 90n }, 10n)).toBeNull();
});

it('without a limit what can be counted is one', () => {
  const full = { ...balance, limit: null, used: MAX_COUNTED - 40n };
  expect(refusalOf(full, 10n)).toBeNull();
  expect(refusalOf(full, 11n)).toMatchObject({ limit: MAX_COUNTED, used: full.used, held: 30n, asked: 11n });
});

it('what adds nothing to what is used and held can always be counted', () => {
  const full = { used: MAX_COUNTED - 30n, held: 30n };
  expect(isCountable(full, { used: 30n, held: -30n, overrun: 0n })).toBe(true);
  expect(isCountable(full, { used: 31n, held: -30n, overrun: 1n })).toBe(false);
  expect(isCountable({ ...full, used: full.used - 1n }, { used: 31n, held: -30n, overrun: 1n })).toBe(true);
});

it('exactly what remains is admitted, whatever is used and held', () => {
  const amount = fc.bigInt({ min: 0n, max: 10n ** 18n });
  const property = fc.property(amount, amount, amount, (max, used, held) => {
    const remaining = remainingOf({ limit: max, used, held });
    const at = { ...balance, limit: max, used, held };
    expect(refusalOf(at, remaining) === null).toBe(used + held <= max);
    expect(refusalOf(at, remaining + 1n)).not.toBeNull();
  });
  fc.assert(property);
});
