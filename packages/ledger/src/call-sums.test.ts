import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noCalls, sumsOfText, sumsText } from './call-sums.js';

const counts = Object.keys(noCalls()).filter((field) => typeof noCalls()[field as 'judged'] === 'number');
const amounts = Object.keys(noCalls()).filter((field) => typeof noCalls()[field as 'costSquares'] === 'bigint');

const anySums = fc
  .tuple(
    fc.array(fc.maxSafeInteger(), { minLength: counts.length, maxLength: counts.length }),
    fc
      .constantFrom(40n, 1000n)
      .map((digits) => 10n ** digits)
      .chain((end) =>
        fc.array(fc.bigInt({ min: -end, max: end }), { minLength: amounts.length, maxLength: amounts.length }),
      ),
  )
  .map(([numbers, bigints]) =>
    Object.assign(
      noCalls(),
      Object.fromEntries(counts.map((field, index) => [field, numbers[index]])),
      Object.fromEntries(amounts.map((field, index) => [field, bigints[index]])),
    ),
  );

describe('sums as text', () => {
  it('are read as they were written, whatever their size', () => {
    expect([counts.length, amounts.length]).toEqual([12, 11]);
    fc.assert(
      fc.property(anySums, (sums) => {
        expect(sumsOfText(sumsText(sums), [])).toEqual(sums);
      }),
    );
  });

  it('that were damaged are never read as others', () => {
    const text = sumsText(noCalls());
    const damaged = ['', ' ', 'x', text.slice(0, -2), `${text} 0`, `${text} `, text.replace('0 0', '0  0')];
    for (const other of [
      ...damaged,
      text.replace('0', 'a'),
      text.replace('0', '-'),
      text.replace('0', '1.5'),
      text.replace('0', '\u0130'),
    ])
      expect(() => sumsOfText(other, [])).toThrow(SyntaxError);
  });
});
