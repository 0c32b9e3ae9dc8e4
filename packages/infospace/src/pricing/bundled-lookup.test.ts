import { describe, expect, it } from 'vitest';
import { bundledBook } from './bundled-book.js';

// What the data of today does not decide and the data of tomorrow may.

const provider = { id: 'maker', name: 'Maker', url_pattern: 'https://api\\.maker\\.test' };
const header = {
  ...{ source: 'genai-prices', package: 'made up', license: 'MIT', version: '0', captured_at: '2026-09-23' },
  providers: [provider],
};

const bookOf = (...models: object[]) =>
  bundledBook([header, { provider: 'maker', models }].map((line) => JSON.stringify(line)).join('\n'));

const model = (id: string, more: object = {}) => ({ id, prices: [{ input_per_1m: '1' }], ...more });

describe('a name that several models claim', () => {
  it('is the model whose id it is, before one that has it as an alias', () => {
    const book = bookOf(model('big', { aliases: ['small'] }), model('small', { aliases: ['big'] }));
    expect(book.find('maker', 'small', 0)?.model).toBe('small');
    expect(book.find('maker', 'big', 0)?.model).toBe('big');
  });

  it('is the first of two that have it as an alias', () => {
    const book = bookOf(model('one', { aliases: ['both'] }), model('two', { aliases: ['both'] }));
    expect(book.find('maker', 'both', 0)?.model).toBe('one');
  });

  it('is the model whose id or alias it is, before one whose open rule takes it in', () => {
    const rules = [{ starts_with: 'o1' }];
    const book = bookOf(model('o1', { rules }), model('o1-0125'), model('other', { aliases: ['o1-0325'] }));
    expect(book.find('maker', 'o1-0125', 0)?.model).toBe('o1-0125');
    expect(book.find('maker', 'o1-0325', 0)?.model).toBe('other');
    expect(book.find('maker', 'o1-0425', 0)?.model).toBe('o1');
  });
});

describe('hours of the day', () => {
  const night = { daily: ['22:30:00Z', '05:00:00Z'], input_per_1m: '1' };
  const book = bookOf(model('owl', { prices: [{ input_per_1m: '2' }, night] }));

  it.each([
    ['22:29:59.999', 2n],
    ['22:30:00.000', 1n],
    ['23:59:59.999', 1n],
    ['00:00:00.000', 1n],
    ['04:59:59.999', 1n],
    ['05:00:00.000', 2n],
    ['12:00:00.000', 2n],
  ])('may pass midnight: at %s a million tokens cost %d USD', (time, usd) => {
    for (const day of ['2026-09-23', '1969-07-20']) {
      expect(book.find('maker', 'owl', Date.parse(`${day}T${time}Z`))?.prices.input).toBe(usd * 10n ** 12n);
    }
  });

  it('apply until a later date takes their place', () => {
    const dated = { effective_at: '2026-10-01', input_per_1m: '3' };
    const changed = bookOf(model('owl', { prices: [{ input_per_1m: '2' }, night, dated] }));
    const at = (time: string) => changed.find('maker', 'owl', Date.parse(time))?.prices.input;
    expect(at('2026-09-30T23:59:59.999Z')).toBe(10n ** 12n);
    expect(at('2026-10-01T00:00:00Z')).toBe(3n * 10n ** 12n);
  });
});
