import { describe, expect, it } from 'vitest';
import { parseModelRates } from './model-rates.js';

const parse = (text: string) => parseModelRates(text, 'model-rates.yaml');

describe('model-rates.yaml', () => {
  it('may take prices from another row: merged, they are not zero', () => {
    const rates = parse(`rates:
  base: &base {prompt_per_1k: 0.001, completion_per_1k: 0.002}
  other: {<<: *base, completion_per_1k: 0.003}
`);
    expect(rates.at(1)).toMatchObject({
      model: 'other',
      prices: { input: 1_000_000_000_000n, output: 3_000_000_000_000n },
    });
  });

  it('refuses a model that stands in it twice, also in another case: which price was meant?', () => {
    const text = 'rates:\n  OpenAI/GPT-4o: {prompt_per_1k: 1}\n  openai/gpt-4o: {prompt_per_1k: 2}\n';
    expect(() => parse(text)).toThrow(/^model-rates\.yaml:3: rates\.openai\/gpt-4o: OpenAI\/GPT-4o stands in it too/);
  });

  it.each([
    ['{promt_per_1k: 1, completion_per_1k: 2}', 'promt_per_1k: not known, and prompt_per_1k missing'],
    ['{input_per_1m: 1, output_per_1m: 2}', 'input_per_1m: not known, and prompt_per_1k and completion_per_1k missing'],
    ['{prompt_per_1k: 1, output_per_million: 2}', 'output_per_million: not known, and completion_per_1k missing'],
    ['{input_mtok: 1, output_mtok: 2}', 'input_mtok: not known, and prompt_per_1k and completion_per_1k missing'],
  ])('refuses a price under another name, whose tokens would be free or priced elsewhere: %s', (prices, message) => {
    expect(() => parse(`rates:\n  m: ${prices}`)).toThrow(`model-rates.yaml:2: rates.m.${message}`);
  });

  it('takes a row with one price, and what else a row says', () => {
    const text =
      'rates:\n  m: {prompt_per_1k: 1, notes: no answer}\n  n: {prompt_per_1k: 1, completion_per_1k: 2, cached_per_1k: 1}';
    expect(parse(text)).toMatchObject([{ prices: { output: 0n } }, { prices: { output: 2_000_000_000_000_000n } }]);
  });

  it.each(['rate: {m: {prompt_per_1k: 1}}', 'm: {prompt_per_1k: 1}'])(
    'refuses prices that stand where none would be found: %s',
    (text) => {
      expect(() => parse(text)).toThrow('model-rates.yaml:1: prices have no effect here: they belong under rates');
    },
  );

  it('refuses prices that are not indented, so that rates holds none', () => {
    expect(() => parse('rates:\nm:\n  prompt_per_1k: 1\n')).toThrow(
      'model-rates.yaml:2: prices have no effect here: they belong under rates',
    );
  });

  it.each(['schema_version: 1', 'rates:', 'notes: {owner: somebody}'])('takes a table without prices: %s', (text) => {
    expect(parse(text)).toEqual([]);
  });

  it('refuses what a newer version wrote', () => {
    const text = 'schema_version: 2\nrates:\n  m: {prompt_per_1k: 1}\n';
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'schema_newer', kind: 'input', line: 1 }));
    expect(parse(text.replace('2', '1'))).toHaveLength(1);
  });

  it.each([
    '2026-05-17',
    '"2026-05-17"',
    '2026-05-17T18:06:19Z',
    '2026-05-17T18:06:19.000000+00:00',
    '2026-05-17 18:06:19+02:00',
    '2024-02-29',
  ])('takes %s for a date', (captured) => {
    const [rate] = parse(`rates:\n  m: {prompt_per_1k: 1, captured_at: ${captured}}`);
    expect(rate?.capturedAt).toBe(captured.replaceAll('"', ''));
  });

  it.each(['yesterday', '20260517', '2026-02-30', '2026-13-01', '17.05.2026', '2026-05', '"2026-05-17 noon"', 'true'])(
    'refuses %s as a date, which would never grow stale',
    (captured) => {
      expect(() => parse(`rates:\n  m:\n    prompt_per_1k: 1\n    captured_at: ${captured}`)).toThrow(
        'model-rates.yaml:4: rates.m.captured_at: captured_at is a date such as 2026-05-17, or an ISO time',
      );
    },
  );
});
