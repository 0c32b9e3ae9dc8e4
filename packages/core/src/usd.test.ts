import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divideHalfEven, formatDecimal, parseDecimal, rescale } from './decimal.js';
import {
  formatUsd,
  parseNanoUsd,
  parsePricePerMillion,
  parsePricePerThousand,
  roundToNanoUsd,
  tokensTimesPrice,
  usdNumber,
} from './usd.js';

describe('decimal text', () => {
  it('becomes scaled integers exactly', () => {
    expect(parseDecimal('0.00131', 9)).toEqual({ units: 1_310_000n, exact: true });
    expect(parseDecimal('1.5e-7', 9)).toEqual({ units: 150n, exact: true });
    expect(parseDecimal('-2', 3)).toEqual({ units: -2000n, exact: true });
    expect(parseDecimal('.5', 1)).toEqual({ units: 5n, exact: true });
    expect(parseDecimal('5.', 1)).toEqual({ units: 50n, exact: true });
    expect(parseDecimal('12345678901234567890.123456789', 9)).toEqual({
      units: 12345678901234567890123456789n,
      exact: true,
    });
  });

  it('rounds a tie to the even neighbour and says that it rounded', () => {
    expect(parseDecimal('0.125', 2)).toEqual({ units: 12n, exact: false });
    expect(parseDecimal('0.375', 2)).toEqual({ units: 38n, exact: false });
    expect(parseDecimal('-0.125', 2)).toEqual({ units: -12n, exact: false });
  });

  it.each(['', '.', 'abc', '1,5', '0x10', 'NaN', 'Infinity', '1e999', '1 2', '--1', '1'.repeat(1001)])(
    'that is no decimal number is null: %j',
    (text) => {
      expect(parseDecimal(text, 9)).toBeNull();
    },
  );

  it('survives a round trip through text', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.integer({ min: 0, max: 30 }), (units, scale) => {
        expect(parseDecimal(formatDecimal(units, scale), scale)).toEqual({ units, exact: true });
      }),
    );
  });

  it('rounds never further than half a unit', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt({ min: 1n }), (dividend, divisor) => {
        const difference = dividend - divideHalfEven(dividend, divisor) * divisor;
        expect((difference < 0n ? -difference : difference) * 2n).toBeLessThanOrEqual(divisor);
      }),
    );
  });
});

describe('USD', () => {
  it('is shown with six decimals in plain notation, half-even', () => {
    expect(formatUsd(1_310_000n)).toBe('0.001310');
    expect(formatUsd(500n)).toBe('0.000000');
    expect(formatUsd(1_500n)).toBe('0.000002');
    expect(formatUsd(-1n)).toBe('0.000000');
    expect(formatUsd(-2_000n)).toBe('-0.000002');
    expect(formatUsd(12_345_678_901_234_567n)).toBe('12345678.901235');
    expect(usdNumber(31_550_000n)).toBe(0.03155);
  });

  it('of a million tiny calls is not lost to rounding (litellm: $0.223 became $0.000)', () => {
    // 223 nano-USD a call would show as 0.000000; a million of them are 22 cents.
    const perCall = roundToNanoUsd(tokensTimesPrice(223, parsePricePerMillion('0.001')?.price ?? 0n));
    let sum = 0n;
    for (let call = 0; call < 1_000_000; call++) sum += perCall;
    expect(formatUsd(perCall)).toBe('0.000000');
    expect(formatUsd(sum)).toBe('0.223000');
  });

  it('prices per thousand and per million tokens agree', () => {
    expect(parsePricePerThousand('0.0008')).toEqual(parsePricePerMillion('0.8'));
    expect(parsePricePerMillion('0.8')?.price).toBe(800_000_000_000n);
  });

  it('a price finer than twelve decimals is rounded and flagged', () => {
    expect(parsePricePerMillion('0.0000000000015')).toEqual({ price: 2n, exact: false });
  });

  it('tokens times price is exact, and rounded once', () => {
    const price = parsePricePerThousand('0.0015')?.price ?? 0n;
    expect(tokensTimesPrice(6053, price)).toBe(9_079_500_000_000_000n);
    expect(roundToNanoUsd(9_079_500_000_000_000n)).toBe(9_079_500n);
  });

  it('reads amounts from numbers by their shortest text', () => {
    expect(parseNanoUsd(0.1 + 0.2)).toBe(300_000_000n);
    expect(parseNanoUsd(0.00131)).toBe(1_310_000n);
    expect(parseNanoUsd(1e-7)).toBe(100n);
  });

  it('rescales up exactly', () => {
    expect(rescale(5n, 6, 9)).toBe(5000n);
  });
});
