import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convertPrice, type PriceUnit } from './units.js';

describe('a price in another unit', () => {
  it.each([
    ['2.5', '1M', 'token', '0.0000025'],
    ['2.5', '1M', '1k', '0.0025'],
    ['0.0000025', 'token', '1M', '2.5'],
    ['0.0008', '1k', '1M', '0.8'],
    ['0.000000075', 'token', '1k', '0.000075'],
    [1.5e-7, 'token', '1M', '0.15'],
    [3n, '1M', '1M', '3'],
    ['100', '1k', '1M', '100000'],
    ['0', 'token', '1M', '0'],
  ] as const)('%s per %s is per %s %s', (price, from, to, expected) => {
    expect(convertPrice(price, from, to)).toBe(expected);
  });

  it('comes back exactly', () => {
    const unit = fc.constantFrom<PriceUnit>('token', '1k', '1M');
    const price = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 12n }), fc.integer({ min: 0, max: 12 }));
    fc.assert(
      fc.property(price, unit, unit, ([digits, scale], from, to) => {
        const text = convertPrice(`${digits}e-${scale}`, from, from);
        expect(convertPrice(convertPrice(text, from, to), to, from)).toBe(text);
      }),
    );
  });

  it('is refused for what is no number', () => {
    expect(() => convertPrice('cheap', '1M', 'token')).toThrow(/not cheap/);
    expect(() => convertPrice('1e-40', '1M', 'token')).toThrow(/at most 30 decimals/);
    expect(() => convertPrice('1', 'M' as PriceUnit, 'token')).toThrow(/not per M/);
  });
});
