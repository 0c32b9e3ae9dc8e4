import { describe, expect, it } from 'vitest';
import { checkedAmount, checkedAmounts, isUnit, MAX_AMOUNT } from './amounts.js';
import { amountText } from './budget-errors.js';

describe('amounts', () => {
  it('are whole numbers from 0 on, as numbers or as bigints', () => {
    expect(checkedAmounts({ tokens: 0, nanoUsd: 5n, calls: 1 })).toEqual({ tokens: 0n, nanoUsd: 5n, calls: 1n });
    expect(checkedAmounts({ tokens: MAX_AMOUNT, calls: undefined } as never)).toEqual({ tokens: MAX_AMOUNT });
    expect(checkedAmounts({ tokens: -0 })).toEqual({ tokens: 0n });
  });

  it.each([
    [-1],
    [-1n],
    [0.5],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [2 ** 53],
    [MAX_AMOUNT + 1n],
    ['5'],
    [null],
    [true],
    [[5]],
    [{}],
  ])('%s is none', (amount) => {
    expect(() => checkedAmounts({ tokens: amount } as never)).toThrow(
      `tokens is ${String(amount)}, which is no whole number from 0 to ${MAX_AMOUNT}. Larger ones than 2^53 are given as bigint.`,
    );
  });

  it.each([
    [null, 'Amounts are an object such as { tokens: 1200, nanoUsd: 500_000n, calls: 1 }.'],
    [7, 'Amounts are an object such as { tokens: 1200, nanoUsd: 500_000n, calls: 1 }.'],
    [{}, 'No amount is named. Name at least one of tokens, nanoUsd, calls.'],
    [{ tokens: undefined }, 'No amount is named. Name at least one of tokens, nanoUsd, calls.'],
    [{ nano_usd: 5 }, "'nano_usd' is no unit. The units are tokens, nanoUsd, calls."],
    [JSON.parse('{ "__proto__": 5 }'), "'__proto__' is no unit. The units are tokens, nanoUsd, calls."],
  ])('%j are none', (amounts, message) => {
    expect(() => checkedAmounts(amounts as never)).toThrow(
      expect.objectContaining({ message, code: 'amount_invalid', kind: 'input' }),
    );
  });

  it('have a largest one that is told', () => {
    expect(checkedAmount('limit', 7, 7n)).toBe(7n);
    expect(() => checkedAmount('limit', 8, 7n)).toThrow(/^limit is 8, which is no whole number from 0 to 7\./);
  });

  it('have three units', () => {
    expect(['tokens', 'nanoUsd', 'calls', 'toString', '', null].map(isUnit)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('are written for people', () => {
    expect(amountText('tokens', 1n)).toBe('1 token');
    expect(amountText('tokens', 1_234_567n)).toBe('1,234,567 tokens');
    expect(amountText('calls', 1n)).toBe('1 call');
    expect(amountText('calls', 0n)).toBe('0 calls');
    expect(amountText('nanoUsd', 1_310_000n)).toBe('$0.00131');
    expect(amountText('nanoUsd', 1n)).toBe('$0.000000001');
    expect(amountText('nanoUsd', 0n)).toBe('$0.00');
    expect(amountText('nanoUsd', 1_234_567_500_000_000n)).toBe('$1,234,567.50');
  });
});
