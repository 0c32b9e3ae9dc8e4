import { parseNanoUsd } from '@budget/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { count, seed, text } from '../testing/hostile-values.js';
import { numberField, textField } from '../yaml/fields.js';
import { yamlFloatText } from '../yaml/float-text.js';
import { readYaml } from '../yaml/read-yaml.js';
import { readPlainScalar } from '../yaml/scalars.js';
import { writeYaml } from '../yaml/write-yaml.js';
import { scalarEnd } from './scalar-end.js';
import { MISSING, readCount, readText, readUsd, UNCERTAIN } from './scalar-values.js';

const usdOf = (source: string): number => readUsd(Buffer.from(source), 0, source.length);
const countOf = (source: string): number => readCount(Buffer.from(source), 0, source.length);

describe('an amount of USD', () => {
  it.each([
    ['0', 0],
    ['0.0', 0],
    ['0.00131', 1_310_000],
    ['0.0013100000000000002', 1_310_000],
    ['1.0e-05', 10_000],
    ['12', 12_000_000_000],
    ['1234.5', 1_234_500_000_000],
    ['5.', 5_000_000_000],
    ['010', 8_000_000_000],
    ['null', MISSING],
    ['9007199.25474099', 9_007_199_254_740_990],
    ['9007199.254740993', UNCERTAIN],
    ['-0.5', UNCERTAIN],
    ['1e5', UNCERTAIN],
    ['.5', UNCERTAIN],
    ["'0.5'", UNCERTAIN],
  ])('%s is %d', (source, nanoUsd) => {
    expect(usdOf(source)).toBe(nanoUsd);
  });

  it.each([
    // Half a nano-USD goes to the even neighbour, and it is the shortest text of the float that is halved.
    ['0.0000000005', 0],
    ['0.0000000015', 2],
    ['0.0000000025', 2],
    ['0.1234567895', 123_456_790],
    ['0.12345678949999999999999', 123_456_790],
    ['0.12345678850000000000000', 123_456_788],
    ['999.9999999995', 1_000_000_000_000],
    ['999.99999999949', 999_999_999_999],
  ])('%s is rounded to %d', (source, nanoUsd) => {
    expect(usdOf(source)).toBe(nanoUsd);
    expect(parseNanoUsd(Number(source))).toBe(BigInt(nanoUsd));
  });

  const digits = fc.stringMatching(/^\d{1,25}$/);
  const nearTie = fc
    .tuple(fc.nat(1e9), fc.constantFrom('4', '5', '49', '50', '499', '500'), fc.constantFrom('0', '9'), fc.nat(20))
    .map(([whole, half, digit, length]) => `0.${String(whole).padStart(9, '0')}${half}${digit.repeat(length)}`);
  const amounts = fc.oneof(
    fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(yamlFloatText),
    fc.double({ min: 0, max: 2000, noNaN: true }).map(yamlFloatText),
    fc.tuple(fc.nat(2000), digits).map(([whole, decimals]) => `${whole}.${decimals}`),
    fc.tuple(digits, digits).map(([whole, decimals]) => `${whole}.${decimals}`),
    nearTie,
    digits,
  );

  it(`is what the number comes to, however it is written (seed ${seed})`, { timeout: 600_000 }, () => {
    fc.assert(
      fc.property(amounts, (source) => {
        const number = numberField(readPlainScalar(source));
        const exact = number === null ? null : parseNanoUsd(number);
        const nanoUsd = usdOf(source);
        if (nanoUsd === UNCERTAIN) expect(exact === null || exact > Number.MAX_SAFE_INTEGER).toBe(true);
        else expect(BigInt(nanoUsd)).toBe(exact);
      }),
      { seed, numRuns: count * 10 },
    );
  });
});

it.each([
  ['0', 0],
  ['12', 12],
  ['999999999999999', 999_999_999_999_999],
  ['null', MISSING],
  ['1000000000000000', UNCERTAIN],
  ['010', UNCERTAIN],
  ['1_000', UNCERTAIN],
  ['-1', UNCERTAIN],
  ['2.0', UNCERTAIN],
  ['~', UNCERTAIN],
  ["'1'", UNCERTAIN],
])('as a count, %s is %d', (source, figure) => {
  expect(countOf(source)).toBe(figure);
});

describe('a scalar', () => {
  const written = (value: string): string => writeYaml({ a: value }).slice('a: '.length);
  const characters = fc.constantFrom(
    ...[
      'a',
      'b',
      '0',
      '1',
      '.',
      '-',
      '_',
      ':',
      '#',
      ',',
      '?',
      '=',
      '<',
      '&',
      '*',
      '!',
      '|',
      '%',
      '@',
      '`',
      '[',
      ']',
      '{',
    ],
    ...[
      "'",
      "''",
      '"',
      '\\',
      '\\\\',
      '\\"',
      '\\n',
      '\\x41',
      '\\u00e9',
      '\\U0001F600',
      '\\\n  ',
      '\n',
      '\n  ',
      '\n\n  ',
    ],
    ...[' ', '  ', '\t', '\r', 'é', '😀', '\u0085', '\u2028', '\ufeff', '\u0000', '\u007f', '\uffff'],
  );
  const loose = fc.array(characters, { maxLength: 8 }).map((parts) => parts.join(''));
  const quotes = fc.constantFrom('', '', "'", '"');
  const scalars = fc.oneof(
    text.map(written),
    loose.map(written),
    fc.tuple(quotes, fc.oneof(loose, text)).map(([quote, inner]) => `${quote}${inner}${quote}\n`),
  );

  it(`is a whole one to the parser, and the same text (seed ${seed})`, { timeout: 600_000 }, () => {
    let certain = 0;
    fc.assert(
      fc.property(scalars, (source) => {
        const bytes = Buffer.from(source);
        const end = scalarEnd(bytes, 0, 0);
        if (end !== bytes.length - 1) return;
        const document = readYaml(`a: ${source}`, 'scalar.yaml') as { a: string };
        expect(Object.keys(document)).toEqual(['a']);
        const read = readText(bytes, 0, end);
        if (read === undefined) return;
        expect(read).toBe(textField(document.a));
        certain++;
      }),
      { seed, numRuns: count * 10 },
    );
    expect(certain).toBeGreaterThan(count);
  });

  it.each([
    ['"k\\xFC\\\n  \\ che"\n', 'kü che'],
    ["'it''s'\n", "it's"],
    ['0x1F\n', '31'],
    ['2026-05-17\n', '2026-05-17'],
    ['yes\n', 'true'],
    ['null\n', null],
    ['[]\n', null],
    // Folded lines: what they come to is not worth the while.
    ['one\n  two\n', undefined],
    ["'one\n  two'\n", undefined],
    ['"one\n  two"\n', undefined],
    ['"\\\\\n  two"\n', undefined],
  ])('%j is the text %j', (source, expected) => {
    const bytes = Buffer.from(source);
    const end = scalarEnd(bytes, 0, 0);
    expect(end).toBe(bytes.length - 1);
    expect(readText(bytes, 0, end)).toBe(expected);
    if (expected !== undefined) expect(textField((readYaml(`a: ${source}`, 'a') as { a: string }).a)).toBe(expected);
  });

  it.each(['', 'a ', 'a #b', 'a: b', 'a:', '- a', '-', '? a', '[a]', '{a: b}', "'a", "'a' b", '"a', '"\\q"', '"\\x4"'])(
    'is not for certain: %j',
    (source) => {
      expect(scalarEnd(Buffer.from(`${source}\n`), 0, 0)).toBe(-1);
    },
  );
});
